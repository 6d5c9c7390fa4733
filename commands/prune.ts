import { requireApp } from '../host/dokku/apps';
import { parseArguments } from '../host/arguments';
import type { Call } from '../host/call';
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
import { overAllApps, tellWorked, type Worked } from './allApps/overAllApps';
import { refuseSurplus, refuseWithoutAllApps, takeAppOrAll } from './shared/positionals';

/** `builds:prune <app>|--all-apps [--parallel N]` */
export function prune({ host, output, args }: Call): undefined | Promise<number> {
  const { positionals, values, switches } = parseArguments(args, { 'all-apps': 'switch', parallel: 'value' });
  const all = switches.has('all-apps');
  const named = takeAppOrAll(host, positionals, all);
  refuseSurplus(named.others, 0);
  sweepStoredReports(buildsRoot(host));
  if (all) return overAllApps(host, output, { name: 'builds:prune', work: pruneWork, flags: {} }, values['parallel']);
  refuseWithoutAllApps('parallel', values['parallel']);
  tellWorked(output, pruneWork(host, requireApp(host, named.app)), {});
  return undefined;
}

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
