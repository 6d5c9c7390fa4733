import type { Host } from '../../host/dokku/environment';
import type { AppName } from '../../host/dokku/names';
import type { Output } from '../../host/terminal/output';
import { readingApp } from './readingApp';
import { isAlive } from '../../host/system/processes';
import type { Warn } from '../../host/failure';
import type { Build, History } from '../../journal/history';
import { adoptWithProgress } from './adoptWithProgress';
import { once } from '../../projections/problemWarnings';
import { warnOfNotAdopted } from '../../projections/records/adoptRecords';
import { readHistoryAt } from '../../projections/events/past';
import { asShown, type ShownBuild } from '../../projections/records/record';

/** The builds of an app, and how each is shown. */
export interface View {
  readonly history: History;
  readonly show: (build: Build) => ShownBuild;
  /** Why records of another program are not in the journal. Only the history has their builds. */
  readonly notWritten: string | undefined;
  /** For further reading in the same journal: does not repeat the warnings of this view. */
  readonly warn: Warn;
}

/** An app's builds now, or `asOf` a time (ms since the epoch); then only events say what was running. */
export function viewApp(host: Host, output: Pick<Output, 'warn'>, app: AppName, asOf?: number): View {
  const now = Date.now();
  const builds = readingApp(host, app);
  const warn = once(output.warn);
  const {
    loaded: { history },
    notWritten,
  } = adoptWithProgress(builds, warn);
  if (asOf === undefined) return { history, show: shownAt(now), notWritten, warn };
  warnOfNotAdopted(builds, { notWritten }, warn);
  const then = readHistoryAt(builds, asOf, warn);
  const show = (build: Build): ShownBuild => asShown(build, asOf, ({ id }) => !then.dead.has(id));
  return { history: then.history, show, notWritten, warn };
}

/** Shows builds as they are at `now` (ms since the epoch) on this host: a running one only while its process lives. */
export function shownAt(now: number): (build: Build) => ShownBuild {
  return (build) => asShown(build, now, ({ process }) => isAlive(process));
}
