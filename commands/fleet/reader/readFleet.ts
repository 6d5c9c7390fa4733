import { dirname, join } from 'node:path';

import type { Host } from '../../../host/dokku/environment';
import type { AppName } from '../../../host/dokku/names';
import type { AppBuilds } from '../../../host/dokku/paths';
import { Failure, printable, reasonOf, visible } from '../../../host/failure';
import { formatAge } from '../../../host/terminal/age';
import type { Output } from '../../../host/terminal/output';
import { connectFleet } from '../../../subscribers/fleet/nats/connect';
import { askHosts } from '../../../subscribers/fleet/mirror/askHosts';
import { EngineAway } from '../../../subscribers/fleet/engine';
import { type FleetHost, type FleetJournal, FleetView } from '../../../subscribers/fleet/mirror/fleetView';
import { Mirror } from '../../../subscribers/fleet/mirror/mirror';
import { MirrorInUse } from '../../../subscribers/fleet/mirror/mirrorLock';
import type { NatsFleet } from '../../../subscribers/fleet/nats/natsFleet';
import type { Joined } from '../../../subscribers/fleet/settings';
import { joinedAs } from '../joined';

/** A fleet as a command reads it. */
export interface FleetReading {
  readonly mirror: Mirror;
  readonly view: FleetView;
  /** The connection, which the caller closes; undefined if there is none, or if none was wanted. */
  readonly fleet: NatsFleet | undefined;
}

/** Reads the fleet as {@link connectAndRead} does, and closes the connection. */
export async function readFleet(
  ...call: Parameters<typeof connectAndRead>
): Promise<Pick<FleetReading, 'mirror' | 'view'>> {
  const { mirror, view, fleet } = await connectAndRead(...call);
  await fleet?.close();
  return { mirror, view };
}

/**
 * Brings the mirror up to date and opens it. If the fleet does not answer, or another process is reading, the copies
 * stay as they are, and a warning says how old they are. `ask`: hosts with running builds are asked to check their
 * processes now.
 */
export async function connectAndRead(
  host: Host,
  output: Pick<Output, 'warn'>,
  flags: {
    readonly mirror?: string | undefined;
    readonly offline?: boolean;
    readonly ask?: boolean;
    readonly acceptUnread?: boolean;
  },
): Promise<FleetReading> {
  const joined = joinedAs(host, 'reader');
  const mirror = Mirror.open(flags.mirror ?? mirrorDirectory(joined));
  const now = Date.now();
  const { readAt } = mirror;
  const mayShow = readAt > 0 || flags.acceptUnread === true;
  if (flags.offline === true) {
    if (!mayShow) throw new Failure('Nothing was read from the fleet yet; try without --offline');
    output.warn(`This was read ${ageText(now, readAt)}`);
    return { mirror, view: new FleetView(mirror, now), fleet: undefined };
  }
  let fleet: NatsFleet | undefined;
  try {
    fleet = await connectFleet(joined);
    await mirror.refresh(fleet, now, output.warn);
  } catch (error) {
    if (error instanceof MirrorInUse) {
      output.warn(`${error.message}; this was read ${ageText(now, mirror.readAt)}`);
    } else {
      await fleet?.close();
      if (!(error instanceof EngineAway)) throw error;
      const reason = `The fleet does not answer (${reasonOf(error)})`;
      if (!mayShow) throw new Failure(`${reason}, and nothing was read from it before`);
      output.warn(`${reason}; ${readAt === 0 ? 'nothing was read before' : `this was read ${ageText(now, readAt)}`}`);
      return { mirror, view: new FleetView(mirror, now), fleet: undefined };
    }
  }
  if (fleet === undefined || flags.ask !== true) return { mirror, view: new FleetView(mirror, now), fleet };
  const answers = await askHosts(mirror, fleet);
  return { mirror, view: new FleetView(mirror, Date.now(), answers), fleet };
}

/** The directory of a reader's mirror if `--mirror` does not name another one. */
function mirrorDirectory({ id }: Pick<Joined, 'id'>): string {
  const { env } = process;
  return join(env['XDG_CACHE_HOME'] || join(env['HOME'] || '/', '.cache'), 'dokku-builds', `fleet-${id}`);
}

/** The journals that `--host` and `--app` ask for. Throws {@link Failure} for a host that nobody has heard of. */
export function chosenJournals(
  view: FleetView,
  flags: { readonly host?: string | undefined; readonly app?: string | undefined },
): FleetJournal[] {
  const { host, app } = flags;
  const hosts = host === undefined ? undefined : hostsNamed(view, host);
  return view.journals.filter(
    (journal) => (hosts === undefined || hosts.includes(journal.host)) && (app === undefined || journal.app === app),
  );
}

/** The hosts that are called `name`, or have that id. */
export function hostsNamed(view: FleetView, name: string): FleetHost[] {
  const found = view.hosts.filter((one) => one.name === name || one.id === name);
  if (found.length > 0) return found;
  const known = view.hosts.map((one) => one.name);
  throw new Failure(`No host ${printable(name)} is known`, 1, { given: name, known });
}

/** The age of the time `at`, both in ms since the epoch; `never` for 0. */
export function ageText(now: number, at: number): string {
  return at === 0 ? 'never' : formatAge(at, now);
}

/**
 * A sentence about each silent host, whose present state is unknown. `whenText` is given the time when it was last
 * heard, in ms since the epoch, 0 for never.
 */
export function silentHostTexts(hosts: Iterable<FleetHost>, whenText: (heardAt: number) => string): string[] {
  const silent = [...new Set(hosts)].filter((host) => host.silent);
  return silent.map(({ name, heardAt, left }) => {
    const when = whenText(heardAt);
    return left
      ? `Host ${name} left the fleet ${when}`
      : `Host ${name} was last heard ${when}; what it has done since is not known`;
  });
}

/** Warns of silent hosts. */
export function warnOfSilentHosts(output: Pick<Output, 'warn'>, hosts: Iterable<FleetHost>, now: number): void {
  const texts = silentHostTexts(hosts, (heardAt) => ageText(now, heardAt));
  for (const text of texts.slice(0, MOST_NAMED)) output.warn(text);
  const more = texts.length - MOST_NAMED;
  if (more > 0)
    output.warn(
      `${more} more ${more === 1 ? 'host has' : 'hosts have'} not been heard lately, or left; see fleet:status`,
    );
}

/** How many silent hosts have a warning of their own. */
const MOST_NAMED = 5;

/** Warns of journals whose copy has a gap. */
export function warnOfGaps(output: Pick<Output, 'warn'>, journals: readonly FleetJournal[]): void {
  for (const journal of journals.filter(({ entry }) => entry.gap !== undefined)) {
    output.warn(
      `${labelOf(journal)}: pieces behind event ${journal.entry.seq} are missing; its host was asked for them`,
    );
  }
}

/** The place of a journal in the mirror, for functions that read the builds of one host. They do not write there. */
export function placeOf(mirror: Mirror, journal: FleetJournal): AppBuilds {
  const directory = mirror.directoryOf(journal.entry);
  return { app: labelOf(journal) as AppName, directory, buildsRoot: dirname(directory), mode: 'reader' };
}

/** `web1/shop`. Unlike the name of an app, this is unique in the fleet, if no two hosts have the same name. */
export function labelOf({ host, app, entry }: FleetJournal): string {
  return visible(`${host.name}/${app ?? entry.journal}`);
}
