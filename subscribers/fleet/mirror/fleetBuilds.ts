import type { AppName } from '../../../host/dokku/names';
import { buildView } from '../../../projections/records/record';
import { type FleetBuild, startOf } from './fleetView';

/** The JSON of a build: its host and app, and what `builds:list` says of it, without the path of its log. */
export function asJson({ journal, shown }: FleetBuild): object {
  const { host, app, gone, entry } = journal;
  const view = buildView((app ?? '') as AppName, shown, '');
  const { app: _app, log_path: _log, ...rest } = view as Record<string, unknown>;
  return {
    host: host.name,
    host_id: host.id,
    journal: entry.journal,
    app: app ?? null,
    gone,
    ...rest,
    heard_at: host.heardAt === 0 ? null : new Date(host.heardAt).toISOString(),
  };
}

/** The builds by their start, newest first. Those of one journal must be given oldest first. */
export function newestFirst(builds: readonly FleetBuild[]): FleetBuild[] {
  // of builds that began at the same time, the later one stays first
  return builds.toReversed().sort((a, b) => startOf(b) - startOf(a));
}
