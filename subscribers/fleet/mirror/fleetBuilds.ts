import type { AppName } from '../../../host/dokku/names';
import { toRecord } from '../../../projections/records/record';
import { type FleetBuild, startOf } from './fleetView';

/** The JSON of a build: its host and app, its record, and its status as readers see it. */
export function asJson({ journal, shown }: FleetBuild): object {
  const { host, app, gone, entry } = journal;
  const { app: _, ...record } = toRecord((app ?? '') as AppName, shown.build);
  return {
    host: host.name,
    host_id: host.id,
    journal: entry.journal,
    app: app ?? null,
    gone,
    ...record,
    display_status: shown.displayStatus,
    duration: shown.duration,
    heard_at: host.heardAt === 0 ? null : new Date(host.heardAt).toISOString(),
  };
}

/** The builds by their start, newest first. Those of one journal must be given oldest first. */
export function newestFirst(builds: readonly FleetBuild[]): FleetBuild[] {
  // of builds that began at the same time, the later one stays first
  return builds.toReversed().sort((a, b) => startOf(b) - startOf(a));
}
