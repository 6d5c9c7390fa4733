import { formatDuration, parseTimestamp } from '../../host/durations';
import type { AppName, BuildId } from '../../host/dokku/names';
import type { AppBuilds } from '../../host/dokku/paths';
import type { Warn } from '../../host/failure';
import {
  type Actor,
  assertNever,
  type BuildEvent,
  type BuildFinished,
  type BuildStarted,
  type Timestamp,
} from '../../journal/events';
import { readEvents } from '../events/past';

/**
 * A successful deploy with its number, which never changes. Deploys are numbered in the order of their successes in
 * the journal.
 */
export interface Release {
  /** 1, 2, 3 …; shown as `v1`. */
  readonly version: number;
  readonly build: BuildId;
  readonly source: string;
  readonly actor: Actor;
  readonly revision?: string | undefined;
  /** When the deploy ended. */
  readonly at: Timestamp;
}

/** The releases of an app in the events that have been counted. */
export interface Releases {
  /** How many numbers are taken. */
  count: number;
  /** The latest ones, oldest first. */
  latest: Release[];
  /** Builds whose outcome may still change: running builds, and builds whose end was only inferred. */
  readonly open: Map<BuildId, Open>;
}

interface Open {
  readonly started: BuildStarted;
  /** True if it has a number already, because its success was inferred. */
  readonly numbered: boolean;
}

export function noReleases(): Releases {
  return { count: 0, latest: [], open: new Map() };
}

/**
 * Counts one more event in `releases`, which keeps the latest `keep` releases. If a deploy that counted as successful
 * reports a failure later, it is removed, and its number is not used again.
 */
export function countReleases(releases: Releases, event: BuildEvent, keep: number): void {
  const { open } = releases;
  switch (event.type) {
    case 'BuildStarted':
      open.set(event.build, { started: event, numbered: false });
      return;
    case 'BuildFinished': {
      const known = open.get(event.build);
      if (known === undefined) return;
      const { started, numbered } = known;
      const succeeded = event.status === 'succeeded';
      if (event.cause === 'exit') open.delete(event.build);
      else open.set(event.build, { started, numbered: numbered || succeeded });
      if (succeeded && !numbered) add(releases, started, event, keep);
      if (!succeeded && numbered) releases.latest = releases.latest.filter(({ build }) => build !== event.build);
      return;
    }
    case 'BuildCanceled':
      open.delete(event.build);
      return;
    case 'Pruned':
      for (const build of event.builds) open.delete(build);
      return;
    default:
      assertNever(event);
  }
}

function add(releases: Releases, { source, actor, revision }: BuildStarted, end: BuildFinished, keep: number): void {
  releases.count += 1;
  releases.latest.push({
    ...{ version: releases.count, build: end.build, source, actor },
    revision: end.revision ?? revision,
    at: end.finishedAt,
  });
  if (releases.latest.length > keep) releases.latest.shift();
}

/** Reads the whole journal of `builds`, and keeps the latest `keep` releases. Throws `JournalNotReadable`. */
export function readReleases(builds: AppBuilds, keep: number, warn: Warn): Releases {
  const releases = noReleases();
  readEvents(builds, warn, ({ event }) => countReleases(releases, event, keep));
  return releases;
}

/** The build that got the number `version`, undefined when none did. Reads the whole journal. */
export function buildOfRelease(builds: AppBuilds, version: number, warn: Warn): BuildId | undefined {
  const releases = noReleases();
  let build: BuildId | undefined;
  readEvents(builds, warn, ({ event }) => {
    countReleases(releases, event, 1);
    if (releases.count === version) build ??= releases.latest.at(-1)?.build;
  });
  return build;
}

/** A release as it is shown: how long it was live, or has been until `now`. */
export interface ShownRelease extends Release {
  readonly current: boolean;
  readonly live: string;
  readonly liveSeconds: number;
}

/** Releases, given oldest first, as they are shown: newest first. `now` is ms since the epoch. */
export function showReleases(latest: readonly Release[], now: number): ShownRelease[] {
  return latest
    .map((release, n) => {
      const next = latest[n + 1];
      const end = next === undefined ? now : timeOf(next.at, now);
      const ms = Math.max(0, end - timeOf(release.at, now));
      return { ...release, current: next === undefined, live: formatDuration(ms), liveSeconds: Math.round(ms / 1000) };
    })
    .reverse();
}

function timeOf(timestamp: Timestamp, otherwise: number): number {
  return parseTimestamp(timestamp) ?? otherwise;
}

/** The JSON of a release (docs/schema). */
export function releaseJson(app: AppName, release: ShownRelease): object {
  const { version, build, source, actor, revision, at, current, liveSeconds } = release;
  return {
    release: `v${version}`,
    app,
    build,
    current,
    released_at: at,
    live_seconds: liveSeconds,
    source,
    ...(revision !== undefined && { revision }),
    actor,
  };
}
