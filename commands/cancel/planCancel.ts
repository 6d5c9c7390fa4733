import { parseTimestamp } from '../../host/durations';
import { startTimeOf } from '../../host/system/processes';
import type { System } from '../../host/system/system';
import type { Build, RunningBuild } from '../../journal/history';

/** What to do about the build that the lock names. */
export type Plan =
  | { readonly action: 'remove-stale-lock' }
  | { readonly action: 'leave'; readonly build: Build }
  | { readonly action: 'conclude'; readonly build: RunningBuild }
  | { readonly action: 'refuse'; readonly reason: string }
  | { readonly action: 'await'; readonly build: RunningBuild; readonly canceler: number }
  | { readonly action: 'signal'; readonly build: Build };

/** Pure, except that it queries the process table. `canceler`: pid of a cancel that waits for the end of the build. */
export function planCancel(
  build: Build | undefined,
  canceler: number | undefined,
  { isAlive, isGroupAlive }: System,
): Plan {
  if (build === undefined) return { action: 'remove-stale-lock' };
  const alive = isAlive(build.process);
  if (build.status !== 'running') {
    // A canceled build whose process still runs can be canceled again.
    const livesOn = build.status === 'canceled' && alive && !isStranger(build);
    return livesOn ? { action: 'signal', build } : { action: 'leave', build };
  }
  if (alive) return isStranger(build) ? { action: 'refuse', reason: strangerText(build) } : { action: 'signal', build };
  if (!isGroupAlive(build.process)) return { action: 'conclude', build };
  if (canceler !== undefined) return { action: 'await', build, canceler };
  const reason =
    `the process of build ${build.id} has ended, but others of its process group ${groupOf(build)} still ` +
    'run: end them first';
  return { action: 'refuse', reason };
}

/** The group that the process was in when the build began. */
export function groupOf({ process: { pid, group = pid } }: Build): number {
  return group;
}

/** Start times are accurate to about a second, and clocks can be adjusted. */
const START_SLACK_MS = 60_000;

/**
 * Whether the process is not the deploy. Of an adopted build only the pid is known; a process that began after the
 * build is another one.
 */
function isStranger({ process, startedAt }: Build): boolean {
  if (process.startTicks !== undefined) return false; // then its identity is certain
  const [began, recorded] = [startTimeOf(process.pid), parseTimestamp(startedAt)];
  return began !== undefined && recorded !== undefined && began > recorded + START_SLACK_MS;
}

function strangerText(build: Build): string {
  return (
    `refusing to signal process ${build.process.pid}: it began after build ${build.id}, ` +
    'whose record knows no more than a pid'
  );
}
