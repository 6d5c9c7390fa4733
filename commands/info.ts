import { requireApp } from '../host/dokku/apps';
import { parseArguments } from '../host/arguments';
import type { Call } from '../host/call';
import { Failure, visible } from '../host/failure';
import { type AppName, parseBuildId } from '../host/dokku/names';
import { logPath } from '../host/dokku/paths';
import type { Build } from '../journal/history';
import { causeText } from '../projections/events/causeText';
import { actorText } from '../projections/events/eventView';
import { infoView } from '../projections/lists/infoView';
import { type Left, leftText } from '../projections/events/past';
import type { SeenBuild } from '../projections/records/record';
import { findNamedBuild } from './shared/buildArgument';
import { type Look, readLook } from './shared/look';
import { parseFormat, refuseSurplus, takeApp } from './shared/positionals';
import { viewApp } from './shared/see';
import { parseWhen } from './shared/when';

const LABEL_COLUMNS = 13;

/** `builds:info <app> <build-id> [--format json|stdout] [--as-of <when>] [--relative] [--no-color]` */
export async function info({ host, output, args }: Call): Promise<undefined> {
  const { positionals, values, switches } = parseArguments(args, {
    format: 'value',
    'as-of': 'value',
    relative: 'switch',
    'no-color': 'switch',
  });
  const named = takeApp(host, positionals);
  refuseSurplus(named.others, 1);
  const format = parseFormat(values['format']);
  const now = Date.now();
  const asOf = parseWhen('as-of', values['as-of'], now);
  const app = requireApp(host, named.app);
  const [text] = named.others;
  if (!text) throw new Failure('Please specify a build id');
  const asked = parseBuildId(text);
  const view = viewApp(host, output, app, asOf);
  const found = findNamedBuild(host, { app, ...view, until: asOf }, asked);
  const { id } = found.build;
  const seen = view.see(found.build);
  const log = logPath(host, app, id);
  if (format === 'json') {
    output.line(JSON.stringify(infoView(app, seen, log, found.left)));
    return;
  }
  const look = await readLook(switches, asOf ?? now);
  const shown = [...details(app, seen, log, look), ...journalDetails(found.build, found.left)].filter(
    ([, value]) => value !== '',
  );
  if (output.isTerminal) {
    (await import('./shared/onTerminal')).printDetailsOnTerminal(output, `Build ${id}`, shown, LABEL_COLUMNS, look);
    return;
  }
  for (const [label, value] of shown) {
    output.verbose(`${`${label}:`.padEnd(LABEL_COLUMNS)}${visible(value)}`);
  }
}

type Detail = [label: string, value: string];

function details(app: AppName, { build, displayStatus, duration }: SeenBuild, log: string, look: Look): Detail[] {
  const ended = build.status === 'running' ? undefined : build;
  return [
    ['Build ID', build.id],
    ['App', app],
    ['Kind', build.kind],
    ['Status', displayStatus],
    ['PID', String(build.process.pid)],
    ['Source', build.source],
    ['Started', look.time(build.startedAt)],
    ['Finished', ended ? look.time(ended.finishedAt) : ''],
    ['Duration', duration],
    ['Exit Code', ended ? String(ended.exitCode) : ''],
    ['Log', log],
  ];
}

/** What the record does not say and the journal does. */
function journalDetails(build: Build, left: Left | undefined): Detail[] {
  return [
    ['Started By', actorText(build.actor)],
    ['Revision', build.revision ?? ''],
    ['Canceled By', build.status === 'canceled' ? actorText(build.canceledBy) : ''],
    ['Ended', 'cause' in build && build.cause !== 'exit' && !build.adopted ? causeText(build.cause) : ''],
    ['Adopted', build.adopted ? 'from a record that something else wrote' : ''],
    ['Pruned', leftText(left)],
  ];
}
