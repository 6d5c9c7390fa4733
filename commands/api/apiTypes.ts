/*
 * The shapes that the library gives out: those of the commands' JSON, described in docs/schema. They stand here in
 * words of TypeScript alone, so that the library's declarations need no other file; openHost.ts does not compile when
 * they and the program part.
 */

/** What a build is for; follows from its source. */
export type BuildKind = 'build' | 'deploy';

/** How a build stands on record. */
export type BuildStatus = 'running' | 'succeeded' | 'failed' | 'canceled';

/** How a build is shown: `abandoned` where it is running on record and its process is gone. */
export type DisplayStatus = BuildStatus | 'abandoned';

/** One build as `builds:list --format json` gives it. Times are RFC 3339 in UTC. */
export interface BuildView {
  readonly id: string;
  readonly app: string;
  readonly kind: BuildKind;
  readonly pid: number;
  readonly started_at: string;
  /** Absent while it runs. */
  readonly finished_at?: string;
  readonly status: BuildStatus;
  readonly source: string;
  /** Absent while it runs; -1 when it was canceled or found dead. */
  readonly exit_code?: number;
  readonly display_status: DisplayStatus;
  /** `1m14s`: to its end, or to now. */
  readonly duration: string;
  /** Absolute; the file need not be there. */
  readonly log_path: string;
  /** `duration` in whole seconds. */
  readonly duration_seconds: number;
  /** The commit that was deployed, if it is known. */
  readonly revision?: string;
  /** Who deployed. */
  readonly actor: Actor;
}

/** Who did something: ssh user, name of the ssh key, first word of the command. What is not known is absent. */
export interface Actor {
  readonly user?: string;
  readonly key?: string;
  readonly command?: string;
}

/** One build as `builds:info --format json` gives it. */
export interface BuildInfo extends BuildView {
  /** What the journal knows and the record does not say. */
  readonly event: {
    readonly actor: Actor;
    readonly revision?: string;
    /** Taken over from a record that something else wrote. */
    readonly adopted: boolean;
    readonly start_ticks?: number;
    readonly boot_id?: string;
    readonly cause?: 'exit' | 'deployed' | 'abandoned';
    readonly canceled_by?: Actor;
    readonly signal?: string;
    /** The build has left: its record and its log are no more. */
    readonly pruned?: { readonly at: string; readonly reason: 'retention' | 'discarded' };
  };
}

interface Happened {
  /** 1, 2, 3 … without a gap, one app. */
  readonly seq: number;
  /** A ULID. */
  readonly id: string;
  /** When the host wrote it. */
  readonly time: string;
  readonly app: string;
}

/** A fact of an app's history, as `builds:events --format jsonl` gives it. */
export type BuildEvent = BuildStarted | BuildFinished | BuildCanceled | Pruned;

export interface BuildStarted extends Happened {
  readonly type: 'BuildStarted';
  readonly build: string;
  readonly kind: BuildKind;
  readonly source: string;
  readonly pid: number;
  readonly start_ticks?: number;
  readonly boot_id?: string;
  readonly started_at: string;
  readonly actor: Actor;
  readonly revision?: string;
  readonly adopted?: true;
}

export interface BuildFinished extends Happened {
  readonly type: 'BuildFinished';
  readonly build: string;
  readonly status: 'succeeded' | 'failed';
  readonly exit_code: number;
  /** Where the end is known from: the deploy's own report, or its process that was gone. */
  readonly cause: 'exit' | 'deployed' | 'abandoned';
  readonly finished_at: string;
  readonly adopted?: true;
}

export interface BuildCanceled extends Happened {
  readonly type: 'BuildCanceled';
  readonly build: string;
  readonly signal?: string;
  readonly finished_at: string;
  readonly actor: Actor;
  readonly adopted?: true;
}

export interface Pruned extends Happened {
  readonly type: 'Pruned';
  /** It is about several. */
  readonly build: null;
  readonly builds: readonly string[];
  readonly reason: 'retention' | 'discarded';
}

/**
 * Where a host's files are. What is absent is taken from the environment, and from Dokku's defaults where that is
 * silent.
 */
export interface HostOptions {
  /** `$DOKKU_ROOT`: the apps, one directory each. */
  readonly dokkuRoot?: string;
  /** `$DOKKU_LIB_ROOT`: data and properties. */
  readonly libRoot?: string;
  /** Called with a sentence for what cannot be read or is damaged. Default: none. */
  readonly warn?: (message: string) => void;
}

/** Which builds are asked for. */
export interface ListFilter {
  readonly kind?: BuildKind;
  readonly status?: DisplayStatus;
}

/** Which events are asked for. */
export interface EventFilter {
  /** One app; absent: every app, merged by time. */
  readonly app?: string;
  /** One build's. */
  readonly build?: string;
  readonly type?: BuildEvent['type'];
  /** Written at this time or later. */
  readonly since?: Date;
  /** Written at this time or earlier. */
  readonly until?: Date;
}

/** How events are followed. */
export interface FollowOptions extends Omit<EventFilter, 'until'> {
  /** Ends the iteration, without an error. */
  readonly signal?: AbortSignal;
  /** How often journals are looked at, in ms; default 1000. */
  readonly intervalMs?: number;
  /** Begins with what there is already; default: only what comes from now on. With `since` it always does. */
  readonly fromStart?: boolean;
}

/**
 * A host's builds, for reading. Nothing is written: records of another program that the journal has not seen are shown
 * all the same, and adopted by the next command. Reading is synchronous: about a millisecond an app. What fails throws
 * an `Error` with the sentence that the command would print, and its `exitCode` (20: there is no such app).
 */
export interface BuildsHost {
  /** Names of the apps, sorted. All of them: whose user may see which is for the caller to decide. */
  apps(): string[];
  /**
   * The builds of an app, those that run first, then the newest first; as `builds:list <app>`, but for the end of the
   * list.
   */
  list(app: string, filter?: ListFilter): BuildView[];
  /** The builds of the whole host that run, newest first; as `builds:list`. */
  running(): BuildView[];
  /** One build, one that has left included; undefined when the journal has never heard of it. */
  info(app: string, build: string): BuildInfo | undefined;
  /** What happened, in order. Memory does not grow with the journals. */
  events(filter?: EventFilter): IterableIterator<BuildEvent>;
  /** What happens from now on, as it comes, apps that are made meanwhile included; until `signal` or a `break`. */
  follow(options?: FollowOptions): AsyncIterableIterator<BuildEvent>;
}
