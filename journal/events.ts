import type { BuildId } from '../host/dokku/names';
import type { ProcessIdentity } from '../host/system/processes';

/** RFC 3339 in UTC, exactly as a record holds it (the stock plugin writes nanoseconds, this one milliseconds). */
export type Timestamp = string;

/** What a build is for; follows from its source. */
export type Kind = 'build' | 'deploy';

/** Who does something: name of the ssh user, name of the ssh key, first word of the command. Unknown ones are absent. */
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
  /** Which process it is; an adopted one has no more than a pid. */
  readonly process: ProcessIdentity;
  readonly startedAt: Timestamp;
  readonly actor: Actor;
  /** The revision that is deployed (a commit hash), where it could be had surely. */
  readonly revision?: string;
  /** True when this was read from a record that something else wrote. */
  readonly adopted?: true;
}

/** A deploy has ended; `cause` says who knows: the deploy itself, or whoever found its process gone. */
export interface BuildFinished {
  readonly type: 'BuildFinished';
  readonly build: BuildId;
  readonly status: 'succeeded' | 'failed';
  /** 0 to 255; -1 for a build that was found dead. */
  readonly exitCode: number;
  readonly cause: 'exit' | 'abandoned';
  readonly finishedAt: Timestamp;
  readonly adopted?: true;
}

/** Somebody ended a deploy. */
export interface BuildCanceled {
  readonly type: 'BuildCanceled';
  readonly build: BuildId;
  readonly actor: Actor;
  /** The signal for its process group; absent in what was adopted. */
  readonly signal?: string;
  readonly finishedAt: Timestamp;
  readonly adopted?: true;
}

/** Builds have left: their records and logs are no more, their events stay. */
export interface Pruned {
  readonly type: 'Pruned';
  readonly builds: readonly BuildId[];
  readonly reason: 'retention' | 'discarded';
}

/** The facts of one app's history. */
export type BuildEvent = BuildStarted | BuildFinished | BuildCanceled | Pruned;

/** The types there are, in the order in which a build meets them. */
export const eventTypes = [
  'BuildStarted',
  'BuildFinished',
  'BuildCanceled',
  'Pruned',
] as const satisfies BuildEvent['type'][];

/** An event as the journal holds it. */
export interface Recorded<E extends BuildEvent = BuildEvent> {
  /** 1, 2, 3 … without a gap, one app. */
  readonly seq: number;
  /** A ULID. */
  readonly id: string;
  /** When the host wrote it, ms since the epoch. */
  readonly at: number;
  /** Version of the schema it was written in; what is read has been brought to {@link SCHEMA_VERSION}. */
  readonly schema: number;
  readonly event: E;
}

/** The schema that is written now. */
export const SCHEMA_VERSION = 1;

/** Every source, with the kind it has. */
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

/** `text` as a source; undefined when it is none that is known. */
export function asSource(text: string): Source | undefined {
  return Object.hasOwn(sources, text) ? (text as Source) : undefined;
}

/** For the `default` of a `switch` over a union: a forgotten case does not compile. */
export function assertNever(value: never): never {
  throw new Error(`Unexpected ${JSON.stringify(value)}`);
}
