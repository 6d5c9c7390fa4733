import type { Call } from '../host/call';
import { requireApp } from '../host/apps';
import { parseArguments } from '../host/arguments';
import type { Host } from '../host/environment';
import { Failure } from '../host/failure';
import type { AppName } from '../host/names';
import { appBuilds } from '../host/paths';
import { isAlive } from '../host/processes';
import { resolveRetention } from '../host/properties';
import { catchUp } from '../projections/catchUp';
import { handleCommand } from '../projections/handleCommand';
import { reap } from '../projections/reap';
import { settle } from '../projections/settle';
import { refuseSurplus, takeApp } from './positionals';
import { overAllApps } from './overAllApps';

/** `builds:prune <app>|--all-apps [--parallel N]` */
export function prune({ host, output, args }: Call): undefined | Promise<number> {
  const { positionals, values, switches } = parseArguments(args, { 'all-apps': 'switch', parallel: 'value' });
  const named = switches.has('all-apps') ? { app: undefined, others: positionals } : takeApp(host, positionals);
  refuseSurplus(named.others, 0);
  if (switches.has('all-apps')) return overAllApps(host, output, 'builds:prune', pruneApp, values['parallel']);
  if (values['parallel'] !== undefined) throw new Failure('Flag --parallel goes with --all-apps');
  output.step(pruneApp(host, requireApp(host, named.app), output.warn));
  return undefined;
}

/** Reaps and prunes one app; returns a line that says what was done. */
export function pruneApp(host: Host, app: AppName, warn: (message: string) => void): string {
  const builds = appBuilds(host, app);
  const now = Date.now();
  const caught = catchUp(builds, now, warn);
  const dead = caught.history.builds.filter((build) => build.status === 'running' && !isAlive(build.process));
  const reaped = handleCommand(builds.directory, caught, reap(builds.directory, dead, now), now);
  const retention = resolveRetention(host, app, warn);
  const pruned = handleCommand(builds.directory, reaped.loaded, { type: 'PruneBuilds', retention }, now);
  settle(builds, { loaded: pruned.loaded, added: [...reaped.added, ...pruned.added] }, warn);
  const left = pruned.added.reduce((sum, { event }) => sum + (event.type === 'Pruned' ? event.builds.length : 0), 0);
  return `Pruned ${app}: ${reaped.added.length} found dead, ${left} removed, ${pruned.loaded.history.builds.length} kept`;
}
