import { requireApp } from '../host/dokku/apps';
import { parseArguments } from '../host/arguments';
import type { Call } from '../host/call';
import type { Host } from '../host/dokku/environment';
import type { AppName } from '../host/dokku/names';
import { showProgress } from '../host/terminal/progress';
import { appBuilds } from '../host/dokku/paths';
import { adoptRecords } from '../projections/records/adoptRecords';
import { thisSystem } from '../host/system/system';
import { warnOfProblems, complaints } from '../projections/problemWarnings';
import { type Replayed, replay as replayApp } from '../projections/verification/replay';
import { findRunning } from './list/listHost';
import { overAllApps, tellWorked, type WorkFlags, type Worked } from './allApps/overAllApps';
import { refuseSurplus, refuseWithoutAllApps, takeAppOrAll } from './shared/positionals';

/** `builds:replay [<app>|--all-apps] [--parallel N] [--dry-run]`; without an app, all apps. */
export async function replay({ host, output, args }: Call): Promise<number> {
  const { positionals, values, switches } = parseArguments(args, {
    'all-apps': 'switch',
    'dry-run': 'switch',
    parallel: 'value',
  });
  const named = takeAppOrAll(host, positionals, switches.has('all-apps'));
  refuseSurplus(named.others, 0);
  const flags: WorkFlags = switches.has('dry-run') ? { 'dry-run': 'yes' } : {};
  if (named.app === undefined) {
    const job = { name: 'builds:replay', work: replayWork, flags };
    const exitCode = await overAllApps(host, output, job, values['parallel']);
    if (!switches.has('dry-run')) findRunning(host, output);
    return exitCode;
  }
  refuseWithoutAllApps('parallel', values['parallel']);
  const worked = replayWork(host, requireApp(host, named.app), flags);
  tellWorked(output, worked, flags);
  return worked.failed ? 1 : 0;
}

/** Replays one app. */
export function replayWork(host: Host, app: AppName, flags: WorkFlags): Worked {
  const warnings: string[] = [];
  const warn = (message: string): void => {
    warnings.push(message);
  };
  const dryRun = flags['dry-run'] !== undefined;
  const builds = appBuilds(host, app);
  const progress = showProgress();
  if (!dryRun) adoptRecords(builds, thisSystem, () => undefined); // its complaints are the replay's, too
  const replayed = replayApp(builds, dryRun, thisSystem, (events) => progress.show(`${app}: ${events} events`), warn);
  progress.end();
  if (replayed === undefined) return { line: `Replayed ${app}: nothing, it has no journal`, warnings, failed: false };
  warnOfProblems(builds, replayed.problems, warn);
  const failed = complaints(replayed.problems).length > 0;
  return { line: summary(app, replayed, dryRun), warnings, failed };
}

function summary(app: AppName, replayed: Replayed, dryRun: boolean): string {
  const { events, records, leftovers, checkpoint, running } = replayed;
  const rebuilt = [
    ...(records > 0 ? [`${records} ${records === 1 ? 'record' : 'records'}`] : []),
    ...(checkpoint ? ['the checkpoint'] : []),
    ...(running ? ['the view of running builds'] : []),
    ...(leftovers > 0 ? [`${leftovers} leftover ${leftovers === 1 ? 'file' : 'files'} removed`] : []),
  ];
  const done =
    rebuilt.length === 0
      ? 'all that is stored was true'
      : `${dryRun ? 'to rebuild' : 'rebuilt'}: ${rebuilt.join(', ')}`;
  return `Replayed ${app}: ${events} ${events === 1 ? 'event' : 'events'}, ${done}`;
}
