import type { Host } from '../../host/dokku/environment';
import type { AppName } from '../../host/dokku/names';
import type { Output } from '../../host/terminal/output';
import { readingApp } from './readingApp';
import { isAlive } from '../../host/system/processes';
import type { Build, History } from '../../journal/history';
import { adoptWithProgress } from './adoptWithProgress';
import { once, type Warn } from '../../projections/problemWarnings';
import { readHistoryAt } from '../../projections/events/past';
import { asShown, type ShownBuild } from '../../projections/records/record';

/** The builds of an app, and how each is shown. */
export interface View {
  readonly history: History;
  readonly show: (build: Build) => ShownBuild;
  /**
   * A record of another program was adopted for this call only. It may change without an event.
   */
  readonly inMemory: boolean;
  /** For further reading in the same journal: does not repeat the warnings of this view. */
  readonly warn: Warn;
}

/** An app's builds now, or `asOf` a time (ms since the epoch); then only events say what was running. */
export function viewApp(host: Host, output: Pick<Output, 'warn'>, app: AppName, asOf?: number): View {
  const now = Date.now();
  const builds = readingApp(host, app);
  const warn = once(output.warn);
  const { history, inMemory = false } = adoptWithProgress(builds, warn).loaded;
  if (asOf === undefined) return { history, show: shownAt(now), inMemory, warn };
  const then = readHistoryAt(builds, asOf, warn);
  const show = (build: Build): ShownBuild => asShown(build, asOf, ({ id }) => !then.dead.has(id));
  return { history: then.history, show, inMemory, warn };
}

/** Shows builds as they are at `now` (ms since the epoch) on this host: a running one only while its process lives. */
export function shownAt(now: number): (build: Build) => ShownBuild {
  return (build) => asShown(build, now, ({ process }) => isAlive(process));
}
