import type { AppName, BuildId } from '../../host/dokku/names';
import { formatAge } from '../../host/terminal/age';
import type { Recorded } from '../../journal/events';
import { shortRevision, whoText } from '../events/eventView';
import { isFailure, mayRun, type SeenBuild } from '../records/record';
import { countOf, type Ends } from './ends';
import { escapeText, timeHtml } from './html/html';
import { type Outcome, timeOf } from './pageHistory';

/** An app as a page shows it. */
export interface PageApp {
  readonly app: AppName;
  /** Newest first. */
  readonly builds: readonly SeenBuild[];
  readonly events: ReadonlyMap<BuildId, readonly Recorded[]>;
  /** The latest ends, oldest first, pruned builds included. */
  readonly outcomes: readonly Outcome[];
  /** All ends, also those before the latest. */
  readonly total: Ends;
}

/** The fragments of a page: where its links lead. */
export interface Anchors {
  readonly app: (app: AppName) => string;
  /** A build's own id, unless another app has a build of the same id. */
  readonly build: (app: AppName, build: BuildId) => string;
}

/**
 * The anchors of a page about `apps`. No two are equal: the anchor of an app has a colon, that of a build with a
 * shared id has a slash, and ids have neither.
 */
export function anchorsOf(apps: readonly PageApp[]): Anchors {
  const owners = new Map<BuildId, AppName | undefined>();
  for (const { app, builds } of apps) {
    for (const { build } of builds) owners.set(build.id, owners.has(build.id) ? undefined : app);
  }
  return {
    app: (app) => `app:${app}`,
    build: (app, build) => (owners.get(build) === undefined ? `${app}/${build}` : build),
  };
}

/** The build that ended last, if it failed or was abandoned: then the app is failing. */
export function failingBuild({ builds }: PageApp): SeenBuild | undefined {
  const last = builds.find((shown) => !mayRun(shown));
  return last !== undefined && isFailure(last) ? last : undefined;
}

/** Failing apps first, the latest failure at the top; then the others, in the given order. */
export function failingFirst(apps: readonly PageApp[]): PageApp[] {
  const failedAt = (page: PageApp): number => {
    const failing = failingBuild(page);
    return failing === undefined ? Number.NEGATIVE_INFINITY : endedAt(failing);
  };
  return apps
    .map((page) => ({ page, at: failedAt(page) }))
    .sort((a, b) => (a.at === b.at ? 0 : b.at - a.at))
    .map(({ page }) => page);
}

/** How many of the latest ends of an app are known in detail; undefined if all ends of all apps are. */
export function latestCounted(apps: readonly PageApp[]): number | undefined {
  const cut = apps.filter(({ outcomes, total }) => outcomes.length < countOf(total));
  return cut.length === 0 ? undefined : Math.max(...cut.map(({ outcomes }) => outcomes.length));
}

/** When it ended, or began if it has not; ms since the epoch. */
export function endedAt({ build }: SeenBuild): number {
  return timeOf(build.status === 'running' ? build.startedAt : build.finishedAt);
}

/** When it began; ms since the epoch. */
export function startedAt({ build }: SeenBuild): number {
  return timeOf(build.startedAt);
}

/** A status in words, with its sign. */
export function statusHtml({ displayStatus }: SeenBuild): string {
  return `<span class="status ${displayStatus}">${displayStatus}</span>`;
}

/** Who started it: the name of the ssh key, or the ssh user; '' if nobody is known. */
export function whoHtml({ build }: SeenBuild): string {
  return escapeText(whoText(build.actor));
}

/** The first seven characters of the commit; '' if it is not known. */
export function commitHtml({ build }: SeenBuild): string {
  return build.revision === undefined ? '' : `<code>${escapeText(shortRevision(build.revision))}</code>`;
}

/** A time, and how long ago it was at `now` (ms since the epoch). */
export function timeAndAge(timestamp: string, now: number): string {
  return `${timeHtml(timestamp)} <small>${formatAge(timeOf(timestamp), now)}</small>`;
}
