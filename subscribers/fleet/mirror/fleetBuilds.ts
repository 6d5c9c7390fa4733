import type { AppName } from '../../../host/dokku/names';
import { toRecord } from '../../../projections/records/record';
import { type FleetBuild, startOf } from './fleetView';

/** The JSON of a build: whose it is, its record, and how it is seen. */
export function asJson({ journal, shown, status }: FleetBuild): object {
  const { host, app, gone, entry } = journal;
  const { app: _, ...record } = toRecord((app ?? '') as AppName, shown.build);
  return {
    host: host.name,
    host_id: host.id,
    journal: entry.journal,
    app: app ?? null,
    gone,
    ...record,
    display_status: status,
    duration: shown.duration,
    heard_at: host.heardAt === 0 ? null : new Date(host.heardAt).toISOString(),
  };
}

/** The builds, those of each journal given oldest first, in the order in which they began, newest first. */
export function newestFirst(builds: readonly FleetBuild[]): FleetBuild[] {
  // of those that began at once the later stays first
  return builds.toReversed().sort((a, b) => startOf(b) - startOf(a));
}
