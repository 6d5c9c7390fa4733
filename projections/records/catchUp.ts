import { printable, reasonOf } from '../../host/failure';
import { parseTimestamp } from '../../host/durations';
import type { BuildId } from '../../host/dokku/names';
import type { AppBuilds } from '../../host/dokku/paths';
import { pause } from '../../host/system/pause';
import { isAlive } from '../../host/system/processes';
import { type BuildCommand, decide } from '../../journal/decide';
import { JournalNotWritten } from '../../journal/errors';
import { findBuild, type History } from '../../journal/history';
import { writeCheckpoint } from '../../journal/checkpoint';
import { complain } from '../problemWarnings';
import type * as evolving from '../../journal/evolve';
import { handleCommand } from '../../journal/handleCommand';
import { type Loaded, loadHistory } from '../../journal/loadHistory';
import { type RecordedElsewhere } from './record';
import { listDirectory, readRecordFile, recordedIds } from './recordFiles';
import { addRunning } from '../lists/runningBuilds';

/** An app's history with what a stock Dokku has recorded meanwhile, and the listing of its directory. */
export interface CaughtUp extends Loaded {
  readonly names: readonly string[];
}

/**
 * Loads an app's history and adopts records that the journal has not seen. What cannot be appended (a reader without the right
 * to, or one of `readOnly` builds) is adopted in memory only. `warn` is told what could not be read; `now` is ms since the epoch; a
 * record of `starting` is not adopted, since the caller knows more about that build. Throws system errors.
 */
export function catchUp(builds: AppBuilds, now: number, warn: (message: string) => void, starting?: BuildId): CaughtUp {
  const { directory } = builds;
  let loaded = loadAtRest(directory);
  const names = listDirectory(directory); // after it: what was recorded in between is unknown, not removed
  complain(builds, loaded.problems, warn);
  if (builds.readOnly !== true && loaded.folded >= WORTH_STORING && loaded.problems.length === 0)
    store(directory, loaded);
  const before = loaded.history;
  const adopted = adoptions(builds, before, names, warn, starting);
  for (const command of adopted) loaded = adopt(builds, loaded, command, now);
  if (builds.alongside === true)
    for (const command of removals(before, names)) loaded = adopt(builds, loaded, command, now);
  else if (adopted.length > 0)
    loaded = adopt(builds, loaded, removedMeanwhile(before, loaded.history, names, now), now);
  return { ...loaded, names };
}

const WRITING_MS = 10;

/** The history; where the journal ends in half a frame, once more a moment later: somebody may be writing it. */
export function loadAtRest(directory: string): Loaded {
  const loaded = loadHistory(directory);
  if (!loaded.problems.some((problem) => problem.type === 'damage' && problem.tail)) return loaded;
  pause(WRITING_MS);
  return loadHistory(directory);
}

/** Events that took a reader longer to fold than a checkpoint takes to store; triggers store theirs in any case. */
const WORTH_STORING = 1000;

function store(directory: string, loaded: Loaded): void {
  try {
    writeCheckpoint(directory, { ...loaded, settled: false });
  } catch {
    // a shortcut that could not be stored costs the next reader time, nothing else
  }
}

function adopt(builds: AppBuilds, loaded: Loaded, command: BuildCommand, now: number): Loaded {
  try {
    if (builds.readOnly !== true) {
      noteRunning(builds, command);
      return handleCommand(builds.directory, loaded, command, now).loaded;
    }
  } catch (error) {
    if (!(error instanceof JournalNotWritten)) throw error;
  }
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- loaded only where it is needed: 1 ms
  const { evolve } = require('../../journal/evolve') as typeof evolving;
  const history = decide(loaded.history, command).reduce(evolve, loaded.history);
  return { ...loaded, history, inMemory: true };
}

/** A build that runs is in the view of running builds before its start is in the journal, where this user may write. */
function noteRunning({ app, buildsRoot }: AppBuilds, command: BuildCommand): void {
  if (command.type !== 'AdoptBuild' || command.ended !== undefined || !isAlive(command.started.process)) return;
  try {
    addRunning(buildsRoot, app, [command.started.build]);
  } catch (error) {
    throw new JournalNotWritten(buildsRoot, reasonOf(error));
  }
}

/** What the records in the directory say that the history does not, oldest first. */
function adoptions(
  builds: AppBuilds,
  history: History,
  names: readonly string[],
  warn: (message: string) => void,
  starting: BuildId | undefined,
): BuildCommand[] {
  const found: RecordedElsewhere[] = [];
  for (const id of recordedIds(names)) {
    if (id === starting) continue;
    const build = findBuild(history, id);
    if (build === undefined ? history.departed.includes(id) : build.status !== 'running') continue;
    const record = readRecordFile(builds.directory, id);
    if (record === undefined) continue;
    if (typeof record === 'string') {
      if (build === undefined)
        warn(`The record ${builds.app}/${id} cannot be read (${printable(record)}); it is left alone`);
    } else if (build === undefined) {
      found.push(record);
    } else if (record.ended && (builds.alongside === true || build.adopted || !isAlive(build.process))) {
      found.push(record); // somebody else has recorded the end
    }
  }
  const start = (record: RecordedElsewhere): number => parseTimestamp(record.started.startedAt) ?? 0;
  return found.sort((a, b) => start(a) - start(b)).map((record) => ({ type: 'AdoptBuild', ...record }));
}

/** From the end of a build to its record on disk it takes no more than this. */
const RECORDING_MS = 60_000;

/**
 * Where something else has recorded builds, what it has removed, record and log, its retention has dropped: the oldest that have
 * ended, and at least one is left. What is missing behind one that is left, somebody else has deleted. Not what has ended just now: its
 * record may be on its way. `before` is the history that the listing followed, `after` has the place of what was adopted since.
 */
function removedMeanwhile(before: History, after: History, names: readonly string[], now: number): BuildCommand {
  const there = new Set(names);
  const ended = after.builds.filter((build) => build.status !== 'running');
  const firstLeft = ended.findIndex(({ id }) => there.has(`${id}.json`) || there.has(`${id}.log`));
  const gone = ended.slice(0, Math.max(firstLeft, 0)).filter(({ id, finishedAt }) => {
    const known = findBuild(before, id);
    const isRecent = now - (parseTimestamp(finishedAt) ?? now) <= RECORDING_MS;
    return known !== undefined && known.status !== 'running' && !isRecent;
  });
  return { type: 'NoteRemoved', builds: gone.map(({ id }) => id) };
}

/** What the stock plugin has removed, where it keeps the records: ended builds, and running ones whose process is gone. */
function removals(history: History, names: readonly string[]): BuildCommand[] {
  const there = new Set(names);
  const gone = history.builds.filter(({ id }) => !there.has(`${id}.json`));
  const dead = gone.filter((build) => build.status === 'running' && !isAlive(build.process));
  return [
    { type: 'NoteRemoved', builds: gone.map(({ id }) => id) },
    ...dead.map(({ id }) => ({ type: 'DiscardBuild', build: id }) as const),
  ];
}
