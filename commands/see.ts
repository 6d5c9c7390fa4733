import { isAlive } from '../host/processes';
import type { Build } from '../journal/history';
import { seeBuild, type SeenBuild } from '../projections/record';

/** The builds as they are to be shown at `now` (ms since the epoch) on this host: with processes looked at. */
export function see(builds: readonly Build[], now: number): SeenBuild[] {
  return builds.map((build) => seeBuild(build, now, ({ process }) => isAlive(process)));
}
