/*
 * What the library can be asked (docs/api.md). A spec compares the page with these declarations.
 */
import type { Readable } from 'node:stream';

import type { BuildEvent, BuildInfo, BuildKind, BuildStats, BuildView, DisplayStatus } from './buildTypes';

/**
 * Where the files of a host are. What is absent is taken from the environment, and if that does not say it, from
 * Dokku's defaults.
 */
export interface HostOptions {
  /** `$DOKKU_ROOT`: the apps, one directory each. */
  readonly dokkuRoot?: string;
  /** `$DOKKU_LIB_ROOT`: data and properties. */
  readonly libRoot?: string;
  /** Called with a sentence for what cannot be read or is damaged. Default: nothing is called. */
  readonly warn?: (message: string) => void;
}

/**
 * A time: a `Date`, or what the flags of the commands take: RFC 3339, a date such as `2026-04-30`, or an age such as
 * `2h`.
 */
export type Time = Date | string;

/** Which builds are asked for. A value that is not allowed throws. */
export interface ListFilter {
  readonly kind?: BuildKind;
  readonly status?: DisplayStatus | readonly DisplayStatus[];
  /** Such as `git-hook`. */
  readonly source?: string;
  /** Started at this time or later. */
  readonly since?: Time;
  /** Started at this time or earlier. */
  readonly until?: Time;
  /** At most so many. */
  readonly limit?: number;
}

/** Which events are asked for. A value that is not allowed throws. */
export interface EventFilter {
  /** One app; absent: every app, merged by time. */
  readonly app?: string;
  /** The id of a build. */
  readonly build?: string;
  readonly type?: BuildEvent['type'];
  /** Written at this time or later. */
  readonly since?: Time;
  /** Written at this time or earlier. */
  readonly until?: Time;
}

/** How events are followed. */
export interface FollowOptions extends Omit<EventFilter, 'until'> {
  /** Begins with what there is already; default: only what comes from now on. With `since` it always does. */
  readonly fromStart?: boolean;
  /** Ends the iteration, without an error. */
  readonly signal?: AbortSignal;
  /** How often the journals are read, in ms; default 1000. */
  readonly intervalMs?: number;
}

/** How long a build is waited for. */
export interface WaitOptions {
  /** Ends the wait: the promise rejects with its reason, a log just ends. */
  readonly signal?: AbortSignal;
}

/** Which builds are counted. */
export interface StatsOptions {
  /** Started at this time or later. */
  readonly since?: Time;
}

/**
 * The builds of a host, for reading. Nothing is written: records of another program that the journal has not seen are
 * shown, and adopted by the next command. All calls but `follow`, `wait` and `log` are synchronous: about a
 * millisecond an app. A call that fails throws an `Error` with the sentence that the command would print, and its
 * `exitCode` (20: there is no such app).
 */
export interface BuildsHost {
  /** Names of the apps, sorted. All of them: the caller decides which of its users may see which. */
  apps(): string[];
  /** The builds of an app: those that run first, then the newest first. */
  list(app: string, filter?: ListFilter): BuildView[];
  /** The builds of all apps, newest first. */
  builds(filter?: ListFilter): BuildView[];
  /** The builds of the whole host that run, newest first. */
  running(): BuildView[];
  /** The build that started last; undefined if there is none. */
  last(app: string): BuildView | undefined;
  /** The last one that failed or was abandoned; undefined if there is none. */
  lastFailed(app: string): BuildView | undefined;
  /** One build, also one that was pruned; undefined if the journal has never had it. */
  info(app: string, build: string): BuildInfo | undefined;
  /** Its output, as bytes; of a running build until it ends. Throws if there is no log. */
  log(app: string, build: string, options?: WaitOptions): Readable;
  /** Resolves when the build has ended, with the build. */
  wait(app: string, build: string, options?: WaitOptions): Promise<BuildView>;
  /** Figures of an app, or of the whole host. */
  stats(app?: string, options?: StatsOptions): BuildStats;
  /** What happened, in order. Memory does not grow with the journals. */
  events(filter?: EventFilter): IterableIterator<BuildEvent>;
  /** What happens from now on, in new apps as well; until `signal` or a `break`. */
  follow(options?: FollowOptions): AsyncIterableIterator<BuildEvent>;
}
