import type { Host } from '../../host/dokku/environment';
import type { AppName } from '../../host/dokku/names';
import type { Output } from '../../host/terminal/output';
import { appBuilds } from '../../host/dokku/paths';
import { isAlive } from '../../host/system/processes';
import type { Build, History } from '../../journal/history';
import { adoptRecords } from '../../projections/records/adoptRecords';
import { thisSystem } from '../../host/system/system';
import { once, type Warn } from '../../projections/problemWarnings';
import { readHistoryAt } from '../../projections/events/past';
import { seeBuild, type SeenBuild } from '../../projections/records/record';

/** The builds of an app, and the eyes to see them with. */
export interface View {
  readonly history: History;
  readonly see: (build: Build) => SeenBuild;
  /**
   * A record of another program was adopted for this call only. It may change without an event.
   */
  readonly inMemory: boolean;
  /** For further reading in the same journal: does not repeat the warnings of this view. */
  readonly warn: Warn;
}

/** An app's builds as they stand now, or `asOf` a time (ms since the epoch), when only events can tell what lived. */
export function viewApp(host: Host, output: Pick<Output, 'warn'>, app: AppName, asOf?: number): View {
  const now = Date.now();
  const builds = appBuilds(host, app);
  const warn = once(output.warn);
  const { history, inMemory = false } = adoptRecords(builds, thisSystem, warn).loaded;
  if (asOf === undefined) return { history, see: seeAt(now), inMemory, warn };
  const then = readHistoryAt(builds, asOf, warn);
  const see = (build: Build): SeenBuild => seeBuild(build, asOf, ({ id }) => !then.dead.has(id));
  return { history: then.history, see, inMemory, warn };
}

/** Sees builds as they are at `now` (ms since the epoch) on this host: with processes looked at. */
export function seeAt(now: number): (build: Build) => SeenBuild {
  return (build) => seeBuild(build, now, ({ process }) => isAlive(process));
}
