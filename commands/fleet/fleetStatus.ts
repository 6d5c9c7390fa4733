import { defineCommand } from '../definition/command';
import { jsonFormat } from '../definition/flags';
import { ofFleet, readerFlags } from './fleetFlags';
import { statSync } from 'node:fs';
import { join } from 'node:path';

import type { Host } from '../../host/dokku/environment';
import { buildsRoot } from '../../host/dokku/paths';
import { reasonOf } from '../../host/failure';
import type { Output } from '../../host/terminal/output';
import { formatTable } from '../../host/terminal/table/table';
import { JOURNAL_FILE, closeJournal, openJournal } from '../../journal/file/journalFile';
import { readServers, type ServerReport, withFleet } from '../../subscribers/fleet/nats/connect';
import { EngineAway } from '../../subscribers/fleet/engine';
import type { NatsFleet } from '../../subscribers/fleet/nats/natsFleet';
import { endOf, holds, journalId } from '../../subscribers/fleet/piece';
import { type Joined, readSettings, settingsDirectory } from '../../subscribers/fleet/settings';
import { printDetails } from '../shared/details';
import { joinedAs } from './joined';
import { appsIn } from '../../subscribers/fleet/agent/watchJournals';
import { ageText, labelOf, connectAndRead } from './reader/readFleet';

/** Exit status 0 when all is well, else 1. */
export const fleetStatus = defineCommand({
  description: 'Show which events are not published yet and how old the answers of the fleet are',
  args: {},
  flags: { format: jsonFormat, ...readerFlags },
  example: '',
  ...ofFleet,
  async run({ host, output, flags }) {
    const { format } = flags;
    const asReader = readSettings(settingsDirectory(host, 'reader', process.env)) !== undefined;
    const asHost = readSettings(settingsDirectory(host, 'host', process.env)) !== undefined;
    const parts = [
      ...(asHost || !asReader ? [await hostStatus(host, output, format)] : []),
      ...(asReader ? [await readerStatus(host, output, format, flags)] : []),
    ];
    return parts.every((well) => well) ? 0 : 1;
  },
});

type Format = 'json' | 'stdout';

interface Backlog {
  readonly app: string;
  readonly bytes: number;
  /** The stream holds something else: the next publication begins a branch. */
  readonly branches: boolean;
}

async function hostStatus(host: Host, output: Output, format: Format): Promise<boolean> {
  const joined = joinedAs(host, 'host');
  let reason: string | undefined;
  let servers: ServerReport[] = [];
  let backlog: Backlog[] = [];
  try {
    await withFleet(joined, async (fleet) => {
      servers = await readServers(fleet);
      backlog = await backlogOf(host, fleet, joined);
    });
  } catch (error) {
    if (!(error instanceof EngineAway)) throw error;
    reason = reasonOf(error);
  }
  const careless = servers.filter(({ durable }) => !durable);
  const bytes = backlog.reduce((sum, one) => sum + one.bytes, 0);
  if (format === 'json') {
    const { name, id } = joined;
    const answers = reason === undefined;
    const known = answers ? backlog : null;
    output.line(JSON.stringify({ role: 'host', name, id, answers, servers, backlog: known }));
  } else {
    const lines: [string, string][] = [
      ['Host', `${joined.name} (${joined.id})`],
      ['Servers', reason === undefined ? serversText(servers) : `do not answer: ${reason}`],
      [
        'Backlog',
        reason !== undefined
          ? 'not known'
          : bytes === 0
            ? 'none'
            : `${bytes} bytes: ${backlog.map(({ app }) => app).join(', ')}`,
      ],
    ];
    printDetails(output, lines, LABEL_COLUMNS);
  }
  for (const { name } of careless) output.warn(`Server ${name} is not durable: it acknowledges before it is on disk`);
  for (const { app } of backlog.filter(({ branches }) => branches))
    output.warn(`${app}: this journal is not the one that was published; it will be published from the beginning`);
  return reason === undefined && careless.length === 0 && bytes === 0;
}

async function backlogOf(host: Host, fleet: NatsFleet, joined: Joined): Promise<Backlog[]> {
  const found: Backlog[] = [];
  for (const app of appsIn(buildsRoot(host))) {
    const journal = openJournal(join(buildsRoot(host), app, JOURNAL_FILE));
    if (journal === undefined) continue;
    try {
      const id = journalId(journal);
      const { size } = statSync(journal.path);
      const last = id === undefined ? undefined : await fleet.lastPiece({ host: joined.id, journal: id });
      if (id === undefined) continue;
      const held = last !== undefined && holds(journal, last.piece.frame, endOf(last.piece));
      const bytes = size - (held ? endOf(last.piece) : 0);
      if (bytes > 0) found.push({ app, bytes, branches: last !== undefined && !held });
    } finally {
      closeJournal(journal);
    }
  }
  return found;
}

async function readerStatus(
  host: Host,
  output: Output,
  format: Format,
  flags: { readonly mirror: string | undefined; readonly offline: boolean },
): Promise<boolean> {
  const { mirror, view, fleet } = await connectAndRead(host, output, { ...flags, acceptUnread: true });
  const answers = fleet !== undefined;
  const servers = answers ? await readServers(fleet).finally(() => fleet.close()) : [];
  const now = Date.now();
  const of = (id: string) => view.journals.filter((journal) => journal.host.id === id);
  const hosts = view.hosts.map((one) => ({
    name: one.name,
    id: one.id,
    heard_at: one.heardAt === 0 ? null : new Date(one.heardAt).toISOString(),
    silent: one.silent,
    left: one.left,
    program: one.program,
    journals: of(one.id).length,
    events: of(one.id).reduce((sum, { entry }) => sum + entry.seq, 0),
    gaps: of(one.id).filter(({ entry }) => entry.gap !== undefined).length,
    rewritten: of(one.id).filter(({ entry }) => entry.rewritten.length > 0).length,
  }));
  const { readAt } = mirror;
  if (format === 'json') {
    const read_at = readAt === 0 ? null : new Date(readAt).toISOString();
    output.line(JSON.stringify({ role: 'reader', mirror: mirror.directory, read_at, answers, servers, hosts }));
  } else {
    const lines: [string, string][] = [
      ['Mirror', `${mirror.directory}, ${readAt === 0 ? 'never read' : `read ${ageText(now, readAt)}`}`],
      ['Servers', answers ? serversText(servers) : flags.offline ? 'not asked' : 'do not answer'],
    ];
    printDetails(output, lines, LABEL_COLUMNS);
    const rows = hosts.map((one, place) => [
      one.name,
      one.left ? 'left' : one.silent ? 'silent' : 'heard',
      ageText(now, view.hosts[place]?.heardAt ?? 0),
      ...[one.journals, one.events, one.gaps, one.rewritten].map(String),
    ]);
    output.raw(formatTable(['Host', 'State', 'Heard', 'Journals', 'Events', 'Gaps', 'Rewritten'], rows));
  }
  for (const { name } of servers.filter(({ durable }) => !durable))
    output.warn(`Server ${name} is not durable: it acknowledges before it is on disk`);
  for (const journal of view.journals.filter(({ entry }) => entry.rewritten.length > 0))
    output.warn(`${labelOf(journal)}: its host has rewritten its past; see fleet:verify`);
  const well = hosts.every(({ silent, gaps, rewritten }) => !silent && gaps + rewritten === 0);
  return well && (answers || flags.offline) && servers.every(({ durable }) => durable);
}

function serversText(servers: readonly ServerReport[]): string {
  if (servers.length === 0) return 'answer; whether they sync before they acknowledge cannot be seen';
  return servers.map(({ name, version, durable }) => `${name} ${version}${durable ? '' : ', not durable'}`).join('; ');
}

const LABEL_COLUMNS = 13;
