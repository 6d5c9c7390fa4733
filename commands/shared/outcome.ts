import { exitCodeText } from '../../projections/events/exitCodeText';
import type { ShownBuild } from '../../projections/records/record';

/** Exit status of `builds:wait` and of `builds:output --exit-status`; that of a running build: see exitStatusOf. */
const STATUSES = { running: 141, succeeded: 0, failed: 1, canceled: 2, abandoned: 3 } as const;

/** What the exit statuses mean, for help. */
export const OUTCOMES_HELP = '0 succeeded, 1 failed, 2 canceled, 3 abandoned';

/**
 * 0 succeeded, 1 failed, 2 canceled, 3 abandoned: its process is gone and its end is not recorded. 141 running: nobody
 * read the output any more before it ended, and this is the status of a program that SIGPIPE has ended.
 */
export function exitStatusOf({ displayStatus }: ShownBuild): number {
  return STATUSES[displayStatus];
}

/** `Build b1 failed after 1m14s (exit code 2)` */
export function outcomeText({ build, displayStatus, duration }: ShownBuild): string {
  const code = build.status === 'failed' && build.exitCode > 0 ? ` (${exitCodeText(build.exitCode)})` : '';
  return `Build ${build.id} ${displayStatus} after ${duration}${code}`;
}
