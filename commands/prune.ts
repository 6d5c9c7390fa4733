import type { Host } from '../host/dokku/environment';
import type { AppName } from '../host/dokku/names';
import { appBuilds, buildsRoot } from '../host/dokku/paths';
import { isAlive } from '../host/system/processes';
import { resolveRetention } from '../host/dokku/properties';
import { catchUp } from '../projections/records/catchUp';
import { handleCommands } from '../journal/handleCommand';
import { reap } from '../projections/records/reap';
import { settle } from '../projections/records/updateFiles';
import { sweepStoredReports } from '../projections/lists/storedReports';
import { tellOthers } from '../subscribers/notifySubscribers';
import { overApps, parallel, type Worked } from './allApps/overAllApps';
import { defineCommand } from './definition/command';
import { appOr, aSwitch } from './definition/flags';

export const prune = defineCommand({
  description: 'Mark dead builds as failed and remove those beyond the retention',
  args: { app: appOr('all-apps') },
  flags: { allApps: aSwitch('every app that you may see'), parallel },
  example: '--all-apps --parallel -1',
  stock: true,
  run(call) {
    sweepStoredReports(buildsRoot(call.host));
    return overApps(call, { name: 'builds:prune', work: pruneWork, flags: {} });
  },
});

/** Reaps and prunes one app. */
export function pruneWork(host: Host, app: AppName): Worked {
  const warnings: string[] = [];
  const warn = (message: string): void => {
    warnings.push(message);
  };
  const builds = appBuilds(host, app);
  const caught = catchUp(builds, Date.now(), warn);
  const dead = caught.history.builds.filter((build) => build.status === 'running' && !isAlive(build.process));
  const retention = resolveRetention(host, app, warn);
  const now = Date.now();
  const commands = [reap(builds.directory, dead, now), { type: 'PruneBuilds', retention }] as const;
  const handled = handleCommands(builds.directory, caught, commands, now);
  settle(builds, handled, warn);
  tellOthers(host, builds, handled, warn);
  const reaped = handled.added.filter(({ event }) => event.type === 'BuildFinished').length;
  const left = handled.added.reduce((sum, { event }) => sum + (event.type === 'Pruned' ? event.builds.length : 0), 0);
  const kept = handled.loaded.history.builds.length;
  const line = `Pruned ${app}: ${reaped} found dead, ${left} removed, ${kept} kept`;
  return { line, warnings, failed: false };
}
