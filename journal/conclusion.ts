import type { Actor } from './events';

/** The evidence on the host about a build whose process group ended without a report. */
export interface Evidence {
  /** Dokku has called the trigger `post-deploy` for it: the new containers took the traffic. */
  readonly deployed: boolean;
  /** The deploy lock names the build. */
  readonly holdsLock: boolean;
  /**
   * A line of its log begins with ` !     `, `fatal:` or `error:`, or the log is too long for a sync that did nothing.
   */
  readonly logShowsFailure: boolean;
  /** Somebody had asked to cancel it, and sent this signal. */
  readonly cancel?: { readonly actor: Actor; readonly signal: string };
  /** The commit, if Dokku has named it since the start. */
  readonly revision?: string;
  /** The last sign of life, ms since the epoch: when its log was written last. */
  readonly lastSign: number;
}

/** The end of a build without a report. */
export type Conclusion = 'succeeded' | 'failed' | 'canceled' | 'discarded';

/** The end of a build from `source`, as its evidence shows it. Pure; docs/architecture.md has it as a table. */
export function conclude(source: string, evidence: Evidence): Conclusion {
  if (evidence.deployed) return 'succeeded';
  if (evidence.cancel !== undefined) return 'canceled';
  if (evidence.holdsLock || evidence.logShowsFailure) return 'failed';
  return source === 'git:sync' ? 'discarded' : 'failed'; // a sync that left no trace had nothing to build
}
