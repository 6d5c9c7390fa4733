import type { BuildId } from '../host/dokku/names';
import type { ProcessIdentity } from '../host/system/processes';

/** RFC 3339 in UTC, as a record holds it (the stock plugin writes nanoseconds, this one milliseconds). */
export type Timestamp = string;

/** What a build is for. It follows from the source. */
export type Kind = 'build' | 'deploy';

/**
 * Who caused an event: the ssh user, the name of the ssh key, and the first word of the command. Unknown fields are
 * absent.
 */
export interface Actor {
  readonly user?: string;
  readonly key?: string;
  readonly command?: string;
}

/** A deploy has begun. */
export interface BuildStarted {
  readonly type: 'BuildStarted';
  readonly build: BuildId;
  readonly kind: Kind;
  /** One of {@link sources}; an adopted record may hold another. */
  readonly source: string;
  /** The process of the deploy. Of an adopted build only the pid is known. */
  readonly process: ProcessIdentity;
  readonly startedAt: Timestamp;
  readonly actor: Actor;
  /** The commit that is deployed (40 or 64 hex digits), if it was known for sure at the start. */
  readonly revision?: string;
  /** True if this was read from a record that another program wrote. */
  readonly adopted?: true;
}

/**
 * How an end became known.
 * - `exit`: the deploy reported it.
 * - `deployed`: the process ended without a report, after Dokku had announced the deployment.
 * - `abandoned`: the process ended without a report and without an announcement.
 */
export type Cause = 'exit' | 'deployed' | 'abandoned';

/** A deploy has ended. A later end with the cause `exit` corrects one with another cause. */
export interface BuildFinished {
  readonly type: 'BuildFinished';
  readonly build: BuildId;
  readonly status: 'succeeded' | 'failed';
  /** 0 to 255; -1 for an end without a report that counts as a failure. */
  readonly exitCode: number;
  readonly cause: Cause;
  readonly finishedAt: Timestamp;
  /** The commit, if it became known after the start. */
  readonly revision?: string;
  readonly adopted?: true;
}

/** Somebody ended a deploy. */
export interface BuildCanceled {
  readonly type: 'BuildCanceled';
  readonly build: BuildId;
  readonly actor: Actor;
  /** The signal that ended its process group. Absent in an adopted event. */
  readonly signal?: string;
  readonly finishedAt: Timestamp;
  /** The commit, if it became known after the start. */
  readonly revision?: string;
  readonly adopted?: true;
}

/** Builds were removed from the records: their records and logs are deleted, their events stay. */
export interface Pruned {
  readonly type: 'Pruned';
  readonly builds: readonly BuildId[];
  /** Other builds, which stay on record: only their logs are deleted. Then `builds` may be empty. */
  readonly logs?: readonly BuildId[];
  readonly reason: 'retention' | 'discarded';
}

/** The facts of one app's history. */
export type BuildEvent = BuildStarted | BuildFinished | BuildCanceled | Pruned;

/** The builds that an event is about. */
export function buildsNamed(event: BuildEvent): readonly BuildId[] {
  return event.type === 'Pruned' ? [...event.builds, ...(event.logs ?? [])] : [event.build];
}

/** The event types, in the order in which they happen to a build. */
export const eventTypes = [
  'BuildStarted',
  'BuildFinished',
  'BuildCanceled',
  'Pruned',
] as const satisfies BuildEvent['type'][];

/** An event as the journal holds it. */
export interface Recorded<E extends BuildEvent = BuildEvent> {
  /** 1, 2, 3 … without a gap, for one app. */
  readonly seq: number;
  /** A ULID. */
  readonly id: string;
  /** When the host wrote it, ms since the epoch. */
  readonly at: number;
  /** Version of the schema that it was written in; the event itself is in {@link SCHEMA_VERSION}. */
  readonly schema: number;
  readonly event: E;
}

/**
 * The schema that is written now. Version 2 added the cause `deployed`, the correction of an inferred end, the
 * revision of an end, and the process group of a start.
 */
export const SCHEMA_VERSION = 2;

/** Every source, with its kind (docs/operations.md lists what calls each). */
export const sources = {
  'git-hook': 'build',
  'ps:rebuild': 'build',
  'git:sync': 'build',
  'git:from-archive': 'build',
  'git:from-image': 'build',
  'git:load-image': 'build',
  'ps:restart': 'deploy',
  'ps:start': 'deploy',
  deploy: 'deploy',
  'config-redeploy': 'deploy',
  unknown: 'deploy',
} as const satisfies Record<string, Kind>;

export type Source = keyof typeof sources;

/** `text` as a source; undefined for a source that is not known. */
export function asSource(text: string): Source | undefined {
  return Object.hasOwn(sources, text) ? (text as Source) : undefined;
}

/** For the `default` of a `switch` over a union: a missing case does not compile. */
export function assertNever(value: never): never {
  throw new Error(`Unexpected ${JSON.stringify(value)}`);
}
