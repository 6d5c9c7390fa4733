import { reasonOf, type Warn } from '../../host/failure';
import type { BuildId } from '../../host/dokku/names';
import type { AppBuilds } from '../../host/dokku/paths';
import { listDirectory } from '../../host/files/files';
import { removeStaleTemporaries } from '../../host/files/replaceFile';
import type { System } from '../../host/system/system';
import { writeCheckpoint } from '../../journal/checkpoint';
import { journalSize } from '../../journal/file/journalFile';
import { type Build, buildsOf, findBuild, type History } from '../../journal/history';
import { type Loaded, loadHistory } from '../../journal/loadHistory';
import { removeNotes } from '../conclusions/notes';
import { oldEntriesOf, removeRunning, runningOf } from '../lists/runningBuilds';
import { prunedAmong, type RecordTexts, removeBuildFiles, removeLog, sweep, writeRecords } from './recordFiles';

/**
 * Updates every file that is derived from the journal: records, logs of pruned builds, notes, the view of running
 * builds, and last the checkpoint. A failure is only a warning: the event is already stored, and the next call tries
 * again. One file that cannot be written or removed keeps no other from being updated.
 *
 * `changed`: the files of the builds that events behind the checkpoint name, which is what a deploy's trigger has time
 * for. `all`: every record is compared with the journal, and what crashes have left is removed. A record whose text
 * is in `texts` is not read again for that.
 *
 * If two processes do this at once, no record is left that is older than the journal: after its last rename each
 * checks whether the journal has grown, and if so writes again. If it is killed between the two, the next one that
 * updates all files repairs the record.
 *
 * Returns whether every file was written or removed.
 */
export function updateFiles(
  builds: AppBuilds,
  loaded: Loaded,
  scope: 'changed' | 'all',
  system: System,
  warn: Warn,
  texts?: RecordTexts,
): boolean {
  let failure: unknown;
  const failed = (error: unknown): void => {
    failure ??= error;
  };
  try {
    const updated = builds.mode === 'owner' ? updateRecords(builds, loaded, scope, system, texts, failed) : undefined;
    if (updated === undefined && scope === 'all') removeStaleTemporaries(builds.directory, system);
    const { current, written } = updated ?? { current: loaded, written: true };
    attempt(failed, () =>
      removeRunning(builds.buildsRoot, builds.app, notRunning(builds, loaded, current, scope, system)),
    );
    if (written && hasNews(current)) writeCheckpoint(builds.directory, current);
  } catch (error) {
    failed(error);
  }
  if (failure === undefined) return true;
  warn(
    `Not all files of ${builds.app} could be written or removed, the next command tries again: ${reasonOf(failure)}`,
  );
  return false;
}

function hasNews({ changed, head, inMemory }: Loaded): boolean {
  return head.seq > 0 && inMemory !== true && (changed === 'all' || changed.size > 0);
}

/**
 * `written`: the records say what the journal says. If not, the events stay behind the checkpoint, and the next call
 * tries again.
 */
function updateRecords(
  builds: AppBuilds,
  loaded: Loaded,
  scope: 'changed' | 'all',
  system: System,
  texts: RecordTexts | undefined,
  failed: (error: unknown) => void,
): { readonly current: Loaded; readonly written: boolean } {
  const { app, directory } = builds;
  let current = loaded;
  let outdated = namedIn(loaded);
  let written: boolean;
  for (;;) {
    const { history, changed } = current;
    const whole = scope === 'all' || changed === 'all';
    const stored = whole ? buildsOf(history) : onRecord(history, outdated);
    const known = current === loaded ? texts : undefined;
    written = attempt(failed, () => writeRecords(directory, app, stored, known));
    removeFilesOfPruned(directory, history, outdated, failed);
    if (!whole) removeNotesOfEnded(directory, history, outdated, failed);
    if (journalSize(directory) <= current.head.end) break;
    const next = loadHistory(directory);
    if (next.head.seq === current.head.seq) break; // it has grown by debris only
    outdated = new Set([...outdated, ...namedIn(next), ...changedSince(directory, stored, next)]);
    current = next;
  }
  if (scope === 'all') sweep(directory, current.history, listDirectory(directory), system, failed);
  return { current, written };
}

/**
 * Returns those of the `written` builds that another process may have changed or pruned. `next` does not name them if
 * that process has stored a checkpoint. A build that was only in memory is not among them, so its files stay.
 */
function changedSince(directory: string, written: readonly Build[], next: Loaded): BuildId[] {
  const ids = written.map(({ id }) => id);
  const there = ids.filter((id) => findBuild(next.history, id) !== undefined);
  const gone = ids.filter((id) => findBuild(next.history, id) === undefined);
  return [...there, ...prunedAmong(directory, gone)];
}

/** The builds that events behind the checkpoint name. */
function namedIn({ changed }: Loaded): ReadonlySet<BuildId> {
  return changed === 'all' ? new Set() : changed;
}

/** Whether `work` was done. If not, `failed` gets the reason. */
function attempt(failed: (error: unknown) => void, work: () => void): boolean {
  try {
    work();
    return true;
  } catch (error) {
    failed(error);
    return false;
  }
}

function onRecord(history: History, ids: ReadonlySet<BuildId>): Build[] {
  return [...ids].map((id) => findBuild(history, id)).filter((build) => build !== undefined);
}

/** Record and log of a pruned build, and a pruned log alone. */
function removeFilesOfPruned(
  directory: string,
  history: History,
  ids: ReadonlySet<BuildId>,
  failed: (error: unknown) => void,
): void {
  for (const id of ids) {
    const build = findBuild(history, id);
    if (build === undefined) removeBuildFiles(directory, [id], failed);
    else if (build.logPruned) removeLog(directory, id, failed);
  }
}

function removeNotesOfEnded(
  directory: string,
  history: History,
  ids: ReadonlySet<BuildId>,
  failed: (error: unknown) => void,
): void {
  for (const id of ids)
    if (findBuild(history, id)?.status !== 'running') attempt(failed, () => removeNotes(directory, id));
}

/**
 * Returns the builds to remove from the view of running builds: those that have ended, whose process has ended, or
 * that never started. A deploy's trigger checks only the builds that events behind the checkpoint name, so its work
 * does not grow with the view.
 */
function notRunning(
  { app, buildsRoot, directory }: AppBuilds,
  loaded: Loaded,
  { history, changed }: Loaded,
  scope: 'changed' | 'all',
  system: System,
): BuildId[] {
  const hasEnded = (id: BuildId): boolean => findBuild(history, id)?.status !== 'running';
  if (scope === 'changed' && loaded.changed !== 'all' && changed !== 'all')
    return [...new Set([...loaded.changed, ...changed])].filter(hasEnded);
  // First the entries, then the journal: it has the start of each of these builds that did start.
  const old = scope === 'all' ? oldEntriesOf(buildsRoot, app, system.now()) : new Set();
  let later: History | undefined;
  const neverStarted = (id: BuildId): boolean =>
    old.has(id) && findBuild((later ??= loadHistory(directory).history), id) === undefined;
  const pruned = new Set(history.pruned);
  return runningOf(buildsRoot, app).filter((id) => {
    const build = findBuild(history, id);
    if (build === undefined) return pruned.has(id) || neverStarted(id);
    return build.status !== 'running' || !system.isAlive(build.process);
  });
}
