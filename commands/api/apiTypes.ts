/*
 * The calls of the library (docs/api.md). A spec compares the page with these declarations.
 */
import type { Readable } from 'node:stream';

import type { BuildEvent, BuildInfo, BuildKind, BuildStats, BuildView, DisplayStatus } from './buildTypes';

/** Where the files of a host are. If a path is absent, it comes from the environment, or else is Dokku's default. */
export interface HostOptions {
  /** `$DOKKU_ROOT`: the apps, one directory each. */
  readonly dokkuRoot?: string;
  /** `$DOKKU_LIB_ROOT`: data and properties. */
  readonly libRoot?: string;
  /** Called with a sentence for each file that cannot be read or is damaged. Default: no warnings. */
  readonly warn?: (message: string) => void;
}

/**
 * A time: a `Date`, or a string as in the flags of the commands: RFC 3339, a date such as `2026-04-30`, or an age such
 * as `2h`.
 */
export type Time = Date | string;

/** A filter for builds. A value that is not allowed throws. */
export interface ListFilter {
  readonly kind?: BuildKind;
  readonly status?: DisplayStatus | readonly DisplayStatus[];
  /** Such as `git-hook`. */
  readonly source?: string;
  /** Started at this time or later. */
  readonly since?: Time;
  /** Started at this time or earlier. */
  readonly until?: Time;
  /** The maximum number of builds. */
  readonly limit?: number;
}

/** A filter for events. A value that is not allowed throws. */
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
  /** Begin with the events that exist already; default: only events from now on. With `since`, this is always so. */
  readonly fromStart?: boolean;
  /** Aborting it ends the iteration, without an error. */
  readonly signal?: AbortSignal;
  /** How often the journals are read, in ms; default 1000. */
  readonly intervalMs?: number;
}

/** How long a build is waited for. */
export interface WaitOptions {
  /** Aborting it ends the wait: a promise rejects with its reason, a log just ends. */
  readonly signal?: AbortSignal;
}

/** Which builds are counted. */
export interface StatsOptions {
  /** Started at this time or later. */
  readonly since?: Time;
}

/**
 * The builds of a host, for reading. Nothing is written. A record of another program that is not in the journal is
 * shown; the next command adopts it. All calls but `follow`, `wait` and `log` are synchronous: about a millisecond an
 * app. A call that fails throws an `Error` with the sentence that the command would print, and its `exitCode` (20:
 * there is no such app).
 */
export interface BuildsHost {
  /** Names of the apps, sorted. The caller decides which of its users may see which app. */
  apps(): string[];
  /** The builds of an app: running ones first, then the others, newest first. */
  list(app: string, filter?: ListFilter): BuildView[];
  /** The builds of all apps, newest first. */
  builds(filter?: ListFilter): BuildView[];
  /** The running builds of the whole host, newest first. */
  running(): BuildView[];
  /** The build that started last; undefined if there is none. */
  last(app: string): BuildView | undefined;
  /** The newest build that failed or was abandoned; undefined if there is none. */
  lastFailed(app: string): BuildView | undefined;
  /** One build, also one that was pruned; undefined if the journal has never had it. */
  info(app: string, build: string): BuildInfo | undefined;
  /** The output of a build, as bytes; of a running build, until its end. Throws if there is no log. */
  log(app: string, build: string, options?: WaitOptions): Readable;
  /** Resolves when the build has ended, with the build. */
  wait(app: string, build: string, options?: WaitOptions): Promise<BuildView>;
  /** Figures of an app, or of the whole host. */
  stats(app?: string, options?: StatsOptions): BuildStats;
  /** The events, in order. Memory does not grow with the journals. */
  events(filter?: EventFilter): IterableIterator<BuildEvent>;
  /** The events as they are appended, also of new apps, until `signal` aborts or the loop ends. */
  follow(options?: FollowOptions): AsyncIterableIterator<BuildEvent>;
}
