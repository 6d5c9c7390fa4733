import { statSync } from 'node:fs';
import { join } from 'node:path';

import { reasonOf } from '../../host/failure';
import { removeStaleTemporaries } from '../../host/system/files';
import type { AppBuilds } from '../../host/dokku/paths';
import { isAlive } from '../../host/system/processes';
import type { BuildId } from '../../host/dokku/names';
import { type Build, findBuild, type History } from '../../journal/history';
import { JOURNAL_FILE } from '../../journal/file/journalFile';
import { writeCheckpoint } from '../../journal/checkpoint';
import type { Handled } from '../../journal/handleCommand';
import { type Loaded, loadHistory } from '../../journal/loadHistory';
import { type Failed, listDirectory, removeBuildFiles, sweep, writeRecords } from './recordFiles';
import { oldEntriesOf, removeRunning, runningOf } from '../lists/runningBuilds';

/**
 * Makes what is stored beside the journal true again after `handled`: the records, the running view, and the checkpoint; and sweeps up after crashes. What cannot be
 * written or removed is told to `warn`, and is for the next trigger: the journal has it. One thing that cannot be removed does not keep the rest from being done.
 *
 * Two processes that do this at once cannot leave a record behind that is older than the journal: each looks, after its last
 * rename, whether the journal has grown since it was read, and if so writes again.
 *
 * All records are compared with the journal, whoever has changed them; with `records: 'few'`, which is for deploys, those of builds in
 * `handled.added` and in each call some others in turn, as long as nobody else has added anything since all of them were true.
 */
export function settle(
  builds: AppBuilds,
  handled: Handled,
  warn: (message: string) => void,
  records: 'all' | 'few' = 'all',
): void {
  let failure: unknown;
  const failed = (error: unknown): void => {
    failure ??= error;
  };
  try {
    const settled = builds.alongside !== true;
    const loaded = settled ? settleRecords(builds, handled, records, failed) : handled.loaded;
    if (!settled) removeStaleTemporaries(builds.directory, (pid) => isAlive({ pid })); // all else there is the stock plugin's
    settleRunning(builds, loaded.history, failed);
    const isNew = loaded.folded > 0 || (settled && !loaded.settled); // every reader pays for what is behind it
    if (isNew && loaded.head.seq > 0 && loaded.inMemory !== true)
      writeCheckpoint(builds.directory, { ...loaded, settled });
  } catch (error) {
    failed(error);
  }
  if (failure === undefined) return;
  const what = `The history of ${builds.app} is recorded, but not all files could be written or removed`;
  warn(`${what}: ${reasonOf(failure)}`);
}

function settleRecords(
  { app, directory }: AppBuilds,
  handled: Handled,
  records: 'all' | 'few',
  failed: Failed,
): Loaded {
  const { loaded, added } = handled;
  let current = loaded;
  for (const { event } of added) if (event.type === 'Pruned') removeBuildFiles(directory, event.builds, failed);
  const few = records === 'few' && loaded.settled && loaded.folded === added.length;
  for (let looked = few ? someOf(handled) : loaded.history.builds; ; looked = current.history.builds) {
    writeRecords(directory, app, looked);
    if (journalSize(directory) <= current.head.end) break;
    const before = current;
    current = loadHistory(directory);
    if (current.head.seq === before.head.seq) break; // it has grown by debris only
    const kept = new Set(current.history.builds.map((build) => build.id));
    const gone = before.history.builds.map((build) => build.id).filter((id) => !kept.has(id));
    removeBuildFiles(directory, gone, failed);
  }
  sweep(directory, current.history, listDirectory(directory), (pid) => isAlive({ pid }), failed);
  return current;
}

/** The checkpoint does not depend on it. */
function settleRunning(builds: AppBuilds, history: History, failed: (error: unknown) => void): void {
  try {
    removeRunning(builds.buildsRoot, builds.app, noLongerRunning(builds, history));
  } catch (error) {
    failed(error);
  }
}

/** Of builds that nobody has done anything to, so many have their records looked at. */
const OTHERS_AT_ONCE = 4;

/** Multiples of it, less their whole parts, lie as evenly between 0 and 1 as can be, however many of them there are. */
const GOLDEN_RATIO = 0.618033988749895;

/** The builds in `added`, and others in turn: wherever the number of the last event leads. */
function someOf({ loaded: { history, head }, added }: Handled): readonly Build[] {
  const { length } = history.builds;
  const own = new Set(added.flatMap(({ event }) => (event.type === 'Pruned' ? [] : [event.build])));
  const first = Math.floor(((head.seq * GOLDEN_RATIO) % 1) * length);
  return history.builds.filter(({ id }, n) => own.has(id) || (n - first + length) % length < OTHERS_AT_ONCE);
}

function journalSize(directory: string): number {
  return statSync(join(directory, JOURNAL_FILE), { throwIfNoEntry: false })?.size ?? 0;
}

/** What the view of running builds names, and is known to have ended, to have no process any more, or never to have started. */
function noLongerRunning({ app, buildsRoot, directory }: AppBuilds, history: History): BuildId[] {
  const old = oldEntriesOf(buildsRoot, app); // looked at before the journal is: a start that was appended since is in it
  const neverStarted = (id: BuildId): boolean =>
    old.includes(id) && findBuild(loadHistory(directory).history, id) === undefined;
  return runningOf(buildsRoot, app).filter((id) => {
    const build = findBuild(history, id);
    if (build === undefined) return history.departed.includes(id) || neverStarted(id);
    return build.status !== 'running' || !isAlive(build.process);
  });
}
