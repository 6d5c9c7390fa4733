import { buildsOf } from '../../journal/history';
import { mergedEvents } from '../../projections/events/mergedEvents';
import { withFleet } from '../../subscribers/fleet/nats/connect';
import { type Answers, askHosts } from '../../subscribers/fleet/mirror/askHosts';
import { asJson, newestFirst } from '../../subscribers/fleet/mirror/fleetBuilds';
import { historyOf } from '../../subscribers/fleet/mirror/journalHistory';
import { type FleetJournal, FleetView } from '../../subscribers/fleet/mirror/fleetView';
import { Mirror } from '../../subscribers/fleet/mirror/mirror';
import { eventAsJson, sourceOf } from '../fleet/reader/journalEvents';
import type { FleetBuildView, FleetEvent, FleetFilter, FleetOptions, FleetReader } from './fleetTypes';
import type { Warn } from '../../host/failure';

/** Opens the builds of a fleet for reading. Reads only the copies on this machine. Throws system errors. */
export function openFleet(options: FleetOptions): FleetReader {
  const { mirror: directory, warn = () => undefined, ...address } = options;
  const mirror = Mirror.open(directory);
  let answers: Answers | undefined;
  const view = (): FleetView => new FleetView(mirror, Date.now(), answers);
  const chosen = ({ journals }: FleetView, { host, app }: FleetFilter): FleetJournal[] =>
    journals.filter(
      (one) =>
        (host === undefined || one.host.name === host || one.host.id === host) &&
        (app === undefined || one.app === app),
    );
  return {
    async refresh() {
      const { nkeys } = await import('@nats-io/transport-node');
      const key = nkeys.fromSeed(Buffer.from(address.seed)).getPublicKey();
      await withFleet({ ...address, role: 'reader', name: 'library', key }, async (fleet) => {
        await mirror.refresh(fleet, Date.now(), warn);
        answers = await askHosts(mirror, fleet);
      });
    },
    readAt: () => (mirror.readAt === 0 ? undefined : new Date(mirror.readAt)),
    hosts: () =>
      view().hosts.map(({ id, name, heardAt, silent }) => ({
        id,
        name,
        heardAt: heardAt === 0 ? undefined : new Date(heardAt),
        silent,
      })),
    list(filter = {}) {
      const now = view();
      const builds = chosen(now, filter).flatMap((journal) =>
        buildsOf(historyOf(mirror, journal)).map((build) => now.show(journal, build)),
      );
      return newestFirst(builds).map((build) => asJson(build) as FleetBuildView);
    },
    events: (filter = {}) => eventsOf(mirror, chosen(view(), filter), warn),
  };
}

function* eventsOf(mirror: Mirror, journals: readonly FleetJournal[], warn: Warn): Generator<FleetEvent> {
  const journalOf = new Map<string, FleetJournal>();
  const sources = journals.map((journal) => {
    const source = sourceOf(mirror, journal, warn);
    journalOf.set(source.app, journal);
    return source;
  });
  for (const { app: key, recorded } of mergedEvents(sources, () => true)) {
    const journal = journalOf.get(key);
    if (journal !== undefined) yield JSON.parse(JSON.stringify(eventAsJson(journal, recorded))) as FleetEvent;
  }
}
