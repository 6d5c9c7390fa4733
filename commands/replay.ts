import type { Host } from '../host/dokku/environment';
import type { AppName } from '../host/dokku/names';
import { counted } from '../host/printable';
import { countRead, showProgress } from '../host/terminal/progress';
import { appBuilds } from '../host/dokku/paths';
import { adoptWithProgress } from './shared/adoptWithProgress';
import { warnOfNotAdopted } from '../projections/records/adoptRecords';
import { thisSystem } from '../host/system/system';
import { warnOfProblems } from '../projections/problemWarnings';
import { type Replayed, replay as replayApp } from '../projections/verification/replay';
import { overApps, parallel, type WorkFlags, type Worked } from './allApps/overAllApps';
import { defineCommand } from './definition/command';
import { aSwitch, maybeAppOr } from './definition/flags';
import { findRunning } from './shared/running';

export const replay = defineCommand({
  description: 'Rebuild all stored files from the journal',
  args: { app: maybeAppOr('all-apps') },
  flags: {
    allApps: aSwitch('every app that you may see (the default)'),
    parallel,
    dryRun: aSwitch('print what would be rebuilt, and write nothing'),
  },
  example: 'shop --dry-run',
  alongside: true,
  async run(call) {
    const { host, output, args, flags } = call;
    const job = { name: 'builds:replay', work: replayWork, flags: flags.dryRun ? { 'dry-run': 'yes' } : {} };
    const exitCode = await overApps(call, job);
    if (args.app === undefined && !flags.dryRun) findRunning(host, output);
    return exitCode;
  },
});

/** Replays one app. */
export function replayWork(host: Host, app: AppName, flags: WorkFlags): Worked {
  const warnings: string[] = [];
  const warn = (message: string): void => {
    warnings.push(message);
  };
  const dryRun = flags['dry-run'] !== undefined;
  const builds = appBuilds(host, app);
  const progress = showProgress();
  // The replay gives the same warnings, except this one.
  if (!dryRun)
    warnOfNotAdopted(
      builds,
      adoptWithProgress(builds, () => undefined),
      warn,
    );
  const replayed = replayApp(builds, dryRun, thisSystem, countRead(app, 'events', progress), warn);
  progress.clear();
  if (replayed === undefined) return { line: `Replayed ${app}: nothing, it has no journal`, warnings, failed: false };
  warnOfProblems(builds, replayed.problems, warn);
  // a cut-off write lost nothing
  const failed = !replayed.done || replayed.problems.some((problem) => problem.type !== 'damage' || !problem.cutOff);
  return { line: summary(app, replayed, dryRun), warnings, failed };
}

function summary(app: AppName, replayed: Replayed, dryRun: boolean): string {
  const { events, records, leftovers, checkpoint, running, done } = replayed;
  const rebuilt = [
    ...(records > 0 ? [counted(records, 'record')] : []),
    ...(checkpoint ? ['the checkpoint'] : []),
    ...(running ? ['the view of running builds'] : []),
    ...(leftovers > 0 ? [`${counted(leftovers, 'leftover file')} removed`] : []),
  ];
  const outcome =
    rebuilt.length === 0
      ? 'all files were up to date'
      : `${dryRun ? 'to rebuild' : done ? 'rebuilt' : 'not all rebuilt'}: ${rebuilt.join(', ')}`;
  return `Replayed ${app}: ${counted(events, 'event')}, ${outcome}`;
}
