import fs, { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';

import { type BuildCommand, BuildStartedBefore, UnknownBuild } from '../../journal/commands';
import { writeCheckpoint } from '../../journal/checkpoint';
import type { BuildEvent, Recorded } from '../../journal/events';
import { parseBuildId } from '../../host/dokku/names';
import { buildsOf, NEWEST_KEPT, PRUNED_KEPT } from '../../journal/history';
import { extendJournal } from '../../journal/file/extendJournal';
import { closeJournal, JOURNAL_FILE, openJournalForAppend } from '../../journal/file/journalFile';
import { type Handled, handleCommands } from '../../journal/handleCommands';
import { type Loaded, loadHistory, nothingLoaded } from '../../journal/loadHistory';
import { adoptAll, cancel, conclude, discard, finish, prune, start } from './buildCommands';
import { finished, minute, minuteText, pruned, reaped, started } from './buildEvents';
import { framesOf, readAll } from './file/temporaryJournal';
import { anyCommand } from './anyCommand';
import { historyOf } from './given';
import { machine } from '../host/system/machine';
import { append, temporaryApp } from '../projections/records/temporaryApp';

test('the events that a command decides are appended and returned', (t) => {
  const { directory } = temporaryApp(t);
  const begun = handle(directory, loadHistory(directory), start('b1'));
  t.deepEqual(
    begun.added.map(({ seq, event }) => ({ seq, event })),
    [{ seq: 1, event: started('b1') }],
  );
  const ended = handle(directory, begun.loaded, finish('b1'));
  t.deepEqual(
    ended.added.map(({ seq, event }) => ({ seq, event })),
    [{ seq: 2, event: finished('b1') }],
  );
  const { history, head } = loadHistory(directory);
  t.deepEqual([ended.loaded.history, ended.loaded.head], [history, head]);
});

test.serial('commands are handled one after the other, and synced once', (t) => {
  const builds = temporaryApp(t);
  append(builds, started('b1'), finished('b1'), started('b2'));
  const order = watchWritesAndSyncs(t);
  const commands = [finish('b2'), prune(1)];
  const { added, loaded } = handle(builds.directory, loadHistory(builds.directory), ...commands);
  t.deepEqual(order, ['write', 'write', 'sync']);
  t.deepEqual(
    added.map(({ seq, event }) => ({ seq, event })),
    [
      { seq: 4, event: finished('b2') },
      { seq: 5, event: pruned('b1') },
    ],
  );
  t.deepEqual(loaded.history, loadHistory(builds.directory).history);
});

test.serial(
  'several events without a journal begin one in one step; if another process is faster, it is decided again',
  (t) => {
    const builds = temporaryApp(t);
    const command = adoptAll({ started: started('b1'), ended: finished('b1') }, { started: started('b2') });
    const { linkSync } = fs;
    t.teardown(() => Object.assign(fs, { linkSync }));
    Object.assign(fs, {
      linkSync: (from: string, to: string): void => {
        Object.assign(fs, { linkSync });
        append(builds, started('b1'));
        linkSync(from, to);
      },
    });
    const { added, loaded } = handle(builds.directory, nothingLoaded, command);
    t.deepEqual(
      added.map(({ seq, event }) => [seq, event.type]),
      [
        [2, 'BuildFinished'],
        [3, 'BuildStarted'],
      ],
    );
    t.deepEqual(loaded.history, loadHistory(builds.directory).history);
    t.is(framesOf(join(builds.directory, JOURNAL_FILE)).length, 3);

    const other = temporaryApp(t, 'other');
    const order = watchWritesAndSyncs(t);
    const begun = handle(other.directory, nothingLoaded, command);
    t.deepEqual(order, ['write']);
    t.is(begun.added.length, 3);
    const { history, head } = loadHistory(other.directory);
    t.deepEqual([begun.loaded.history, begun.loaded.head], [history, head]);
  },
);

test.serial('a journal that another process creates right after the check is read', (t) => {
  const builds = temporaryApp(t);
  const records = [{ started: started('b1'), ended: finished('b1') }, { started: started('b2') }];
  const { openSync } = fs;
  const openAtOnce = (): unknown => Object.assign(fs, { openSync });
  t.teardown(openAtOnce);
  Object.assign(fs, {
    openSync: (...args: Parameters<typeof openSync>): number => {
      openAtOnce();
      try {
        return openSync(...args);
      } finally {
        handle(builds.directory, nothingLoaded, adoptAll(...records));
      }
    },
  });
  const { added, loaded } = handle(builds.directory, nothingLoaded, adoptAll(...records));
  t.deepEqual(added, []);
  const { history, head } = loadHistory(builds.directory);
  t.deepEqual(history.order, ['b1', 'b2']);
  t.deepEqual([loaded.history, loaded.head], [history, head]);
});

test('after a refused command no other is handled, and the earlier ones stay', (t) => {
  const builds = temporaryApp(t);
  append(builds, started('b1'), started('b2'));
  const commands = [finish('b1'), finish('b3'), finish('b2')];
  t.throws(() => handle(builds.directory, loadHistory(builds.directory), ...commands), {
    instanceOf: UnknownBuild,
  });
  t.deepEqual(
    buildsOf(loadHistory(builds.directory).history).map(({ status }) => status),
    ['succeeded', 'running'],
  );
});

test('a command that has nothing to add leaves the journal as it is', (t) => {
  const builds = temporaryApp(t);
  append(builds, started('b1'), finished('b1'));
  const { size } = statSync(join(builds.directory, JOURNAL_FILE));
  const loaded = loadHistory(builds.directory);
  t.deepEqual(handle(builds.directory, loaded, finish('b1')), { loaded, added: [] });
  t.throws(() => handle(builds.directory, loaded, start('b1')), { instanceOf: BuildStartedBefore });
  t.is(statSync(join(builds.directory, JOURNAL_FILE)).size, size);
});

test('a writer with an old history decides on the whole journal', (t) => {
  const { directory } = temporaryApp(t);
  const { loaded: stale } = handle(directory, loadHistory(directory), start('b1'));
  const first = handle(directory, stale, cancel('b1'));
  const second = handle(directory, stale, finish('b1', { exitCode: 131 }));
  t.is(first.added.length, 1);
  t.deepEqual(second.added, []);
  t.is(buildsOf(second.loaded.history)[0]?.status, 'canceled');
  t.throws(() => handle(directory, nothingLoaded, start('b1')), { instanceOf: BuildStartedBefore });
});

test.serial('a writer that loses a race decides again: the finish that came second adds nothing', (t) => {
  const { directory } = temporaryApp(t);
  const { loaded } = handle(directory, loadHistory(directory), start('b1'));
  beforeTheNextWrite(t, () => handle(directory, loaded, cancel('b1')));
  const { added, loaded: after } = handle(directory, loaded, finish('b1', { exitCode: 131 }));
  t.deepEqual(added, []);
  t.is(buildsOf(after.history)[0]?.status, 'canceled');
  t.is(framesOf(join(directory, JOURNAL_FILE)).length, 3);
  t.is(loadHistory(directory).head.seq, 2);
});

test.serial(
  'a writer that loses a race decides again: the start of another build gets the next number, of the same none',
  (t) => {
    const { directory } = temporaryApp(t);
    beforeTheNextWrite(t, () => handle(directory, nothingLoaded, start('b1')));
    t.is(handle(directory, nothingLoaded, start('b2')).added[0]?.seq, 2);
    beforeTheNextWrite(t, () => handle(directory, nothingLoaded, start('b3')));
    const again = () => handle(directory, nothingLoaded, start('b3'));
    t.throws(again, { instanceOf: BuildStartedBefore });
  },
);

test('a build that started and was pruned since a writer has read does not start again', (t) => {
  const builds = temporaryApp(t);
  const stale = loadHistory(builds.directory);
  const ids = Array.from({ length: 70 }, (_, n) => `b${n}`);
  for (const id of ids) {
    handle(builds.directory, loadHistory(builds.directory), start(id));
    handle(builds.directory, loadHistory(builds.directory), discard(id));
  }
  t.throws(() => handle(builds.directory, stale, start('b0')), { instanceOf: BuildStartedBefore });
  t.throws(() => handle(builds.directory, stale, finish('b0')), { instanceOf: UnknownBuild });
});

test.serial('a build that started and was pruned while a writer lost its race does not start again', (t) => {
  const builds = temporaryApp(t);
  append(builds, started('b0'));
  beforeTheNextWrite(t, () => {
    const ids = ['b1', ...Array.from({ length: PRUNED_KEPT }, (_, n) => `c${n}`)];
    append(builds, ...ids.flatMap((id) => [started(id), finished(id)]), pruned(...ids));
  });
  const again = () => handle(builds.directory, loadHistory(builds.directory), start('b1'));
  t.throws(again, { instanceOf: BuildStartedBefore });
  t.false(loadHistory(builds.directory).history.pruned.includes(parseBuildId('b1')));
  const counted = loadHistory(builds.directory).head.seq;
  t.is(framesOf(join(builds.directory, JOURNAL_FILE)).length, counted + 1); // the one that lost its race
});

test('a record of a build that was pruned long ago is not adopted, one beside it is', (t) => {
  const { directory } = temporaryApp(t);
  const stale = prunedAfterAdoption(directory);
  t.deepEqual(handle(directory, stale, adoptAll(...foreign)).added, []);
  t.deepEqual(handle(directory, loadHistory(directory), adoptAll(...foreign)).added, []);
  const { added } = handle(directory, stale, adoptAll({ started: started('b1') }, ...foreign));
  t.deepEqual(
    added.map(({ event }) => event),
    [started('b1')],
  );
});

test.serial('a record that is adopted and pruned by others while a writer loses its race is not adopted again', (t) => {
  const { directory } = temporaryApp(t);
  beforeTheNextWrite(t, () => prunedAfterAdoption(directory));
  t.deepEqual(handle(directory, nothingLoaded, adoptAll(...foreign)).added, []);
});

test.serial('the whole journal is searched only for an id that can have been used', (t) => {
  const { directory } = temporaryApp(t);
  const [older, fresh] = ['01j8c4xv000001', '01j8c4xv7bkzzz'];
  const many = Array.from({ length: NEWEST_KEPT }, (_, n) => `01j8c4xv7bk${100 + n}`);
  handle(directory, nothingLoaded, ...many.map((id) => start(id)));
  writeCheckpoint(directory, loadHistory(directory));
  const reads = countReadsFromStart(t);
  handle(directory, loadHistory(directory), start(fresh));
  t.is(reads(), 0);
  handle(directory, loadHistory(directory), start(older));
  t.true(reads() > 0);
});

test.serial('a command searches a long journal once, even if other processes append during the search', (t) => {
  const builds = temporaryApp(t);
  const stale = prunedAfterAdoption(builds.directory);
  let others = 10;
  const { fdatasyncSync } = fs;
  t.teardown(() => Object.assign(fs, { fdatasyncSync }));
  Object.assign(fs, {
    fdatasyncSync(fd: number) {
      fdatasyncSync(fd);
      if (others > 0) append(builds, started(`other${(others -= 1)}`));
    },
  });
  const reads = countReadsFromStart(t);
  const { added, loaded } = handle(builds.directory, stale, adoptAll(...foreign));
  const readsByOthers = 10; // each of them reads all to find the end
  t.true(reads() - readsByOthers <= 3, `${reads() - readsByOthers} reads from the start`);
  t.deepEqual(added, []);
  t.is(loaded.history.order.filter((id) => id.startsWith('other')).length, 10);
});

test('a command of several events adds only those that still apply', (t) => {
  const { directory } = temporaryApp(t);
  let { loaded } = handle(directory, loadHistory(directory), start('b1'));
  ({ loaded } = handle(directory, loaded, start('b2')));
  const stale = handle(directory, loaded, start('b3')).loaded;
  handle(directory, stale, finish('b2'));
  const dead = conclude({ b1: { lastSign: minute(3) }, b2: { lastSign: minute(3) }, b3: { lastSign: minute(3) } });
  t.deepEqual(
    handle(directory, stale, dead).added.map(({ seq, event }) => ({ seq, event })),
    [
      { seq: 5, event: reaped('b1', { finishedAt: minuteText(3) }) },
      { seq: 6, event: reaped('b3', { finishedAt: minuteText(3) }) },
    ],
  );
});

test('two prunes at once prune each build once', (t) => {
  const builds = temporaryApp(t);
  append(builds, ...['b1', 'b2', 'b3', 'b4'].flatMap((id) => [started(id), finished(id)]));
  const stale = loadHistory(builds.directory);
  const first = handle(builds.directory, stale, prune(2));
  const second = handle(builds.directory, stale, prune(1));
  t.deepEqual(
    [...first.added, ...second.added].map(({ event }) => event.type === 'Pruned' && event.builds),
    [['b1', 'b2'], ['b3']] as never,
  );
});

test('a writer whose journal was replaced by an older copy starts over from that copy', (t) => {
  const [mine, other] = [temporaryApp(t), temporaryApp(t)];
  append(mine, started('b1'), finished('b1'), started('b2'));
  append(other, started('x1'), finished('x1'), started('x2'), finished('x2'));
  const stale = loadHistory(mine.directory);
  const handled = handle(other.directory, stale, start('x3'));
  t.is(handled.added[0]?.seq, 5);
  t.deepEqual(
    buildsOf(handled.loaded.history).map(({ id }) => id),
    ['x1', 'x2', 'x3'] as never,
  );
});

test.serial(
  'however old the histories and slow the writers are, the rules hold, and each writer is told what it has added',
  (t) => {
    const step = fc.record({
      writer: fc.nat(3),
      command: anyCommand,
      // None that is refused: what was added before it would not be told.
      next: fc.option(fc.integer({ min: 1, max: 3 }).map(prune)),
      meanwhile: fc.option(anyCommand),
      looks: fc.boolean(),
    });
    const { directory } = temporaryApp(t);
    let app = 0;
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40, size: 'max' }), (steps) => {
        const own = join(directory, `app${(app += 1)}`);
        mkdirSync(own);
        const views: Loaded[] = Array.from({ length: 4 }, () => nothingLoaded);
        const told: Recorded[] = [];
        const run = (view: Loaded, ...commands: BuildCommand[]): Loaded => {
          try {
            const { added, loaded } = handle(own, view, ...commands);
            told.push(...added);
            return loaded;
          } catch (error) {
            if (error instanceof UnknownBuild || error instanceof BuildStartedBefore) return view;
            throw error;
          }
        };
        for (const { writer, command, next, meanwhile, looks } of steps) {
          const view = looks ? loadHistory(own) : (views[writer] ?? nothingLoaded);
          if (meanwhile) beforeTheNextWrite(t, () => run(loadHistory(own), meanwhile));
          views[writer] = run(view, command, ...(next ? [next] : []));
          writeAtOnce();
        }
        checkTold(t, own, told);
      }),
      { numRuns: process.env['SOAK'] === '1' ? 5_000 : 100 },
    );
  },
);

test.serial('what was appended to a file that is no longer the journal is decided and appended again', (t) => {
  const [{ directory }, longer] = [temporaryApp(t), temporaryApp(t)];
  const [path, copy] = [directory, longer.directory].map((one) => join(one, JOURNAL_FILE)) as [string, string];
  handle(directory, nothingLoaded, start('b1'));
  const loaded = loadHistory(directory);
  fs.copyFileSync(path, copy);
  handle(longer.directory, loaded, finish('b1'));
  beforeFirstWrite(t, () => {
    t.true(extendJournal(path, fs.readFileSync(copy)));
  });
  const { added, loaded: after } = handle(directory, loaded, start('b2'));
  t.deepEqual(
    added.map(({ seq, event }) => ({ seq, event })),
    [{ seq: 3, event: started('b2') }],
  );
  t.deepEqual(after.history, historyOf(started('b1'), finished('b1'), started('b2')));
});

/** Does `work` right before the first frame is written. */
function beforeFirstWrite(t: ExecutionContext, work: () => void): void {
  t.teardown(() => Object.assign(fs, { writeSync }));
  const first = (...args: Parameters<typeof writeSync>): number => {
    Object.assign(fs, { writeSync });
    work();
    return writeSync(...args);
  };
  Object.assign(fs, { writeSync: first });
}

/** What the writers were told is all that the journal holds, in its order, and what it holds keeps the rules. */
function checkTold(t: ExecutionContext, directory: string, told: readonly Recorded[]): void {
  const journal = openJournalForAppend(join(directory, JOURNAL_FILE));
  const { events, problems } = readAll(journal);
  closeJournal(journal);
  t.deepEqual(
    told.toSorted((a, b) => a.seq - b.seq),
    events,
  );
  t.deepEqual(problems, []);
  t.deepEqual(loadHistory(directory).history, historyOf(...events.map(({ event }) => event)));
  const starts = events.flatMap(({ event }) => (event.type === 'BuildStarted' ? [event.build] : []));
  t.is(new Set(starts).size, starts.length);
  const ends = events.flatMap(({ event }) =>
    event.type === 'BuildFinished' || event.type === 'BuildCanceled' ? [event] : [],
  );
  const isInference = (event: BuildEvent): boolean => event.type === 'BuildFinished' && event.cause !== 'exit';
  for (const build of new Set(ends.map((event) => event.build))) {
    const [first, ...corrections] = ends.filter((event) => event.build === build);
    t.true(corrections.length === 0 || (first !== undefined && isInference(first)), `${build} ends again`);
    t.true(
      corrections.length <= 1 && !corrections.some(isInference),
      `the end of ${build} is not corrected by one report`,
    );
  }
}

/** Records of something else: more than a history remembers after they were pruned. */
const foreign = Array.from({ length: PRUNED_KEPT + 10 }, (_, n) => ({
  started: started(`f${n}`, { adopted: true }),
  ended: finished(`f${n}`, { adopted: true }),
}));

/** Adopts them, and prunes all but one. Gives back the history of before. */
function prunedAfterAdoption(directory: string): Loaded {
  const before = loadHistory(directory);
  handle(directory, before, adoptAll(...foreign), prune(1));
  return before;
}

function handle(directory: string, loaded: Loaded, ...commands: BuildCommand[]): Handled {
  return handleCommands(directory, loaded, commands, machine(minute(0)));
}

const { writeSync, fdatasyncSync } = fs;

/** What this process writes and syncs until the test ends, in order. */
function watchWritesAndSyncs(t: ExecutionContext): string[] {
  const order: string[] = [];
  t.teardown(() => Object.assign(fs, { writeSync, fdatasyncSync }));
  Object.assign(fs, {
    writeSync: (...args: Parameters<typeof writeSync>): number => {
      order.push('write');
      return writeSync(...args);
    },
    fdatasyncSync: (fd: number): void => {
      order.push('sync');
      fdatasyncSync(fd);
    },
  });
  return order;
}

/** How often this process has read the first byte of a file at a given place since, until the test ends. */
function countReadsFromStart(t: ExecutionContext): () => number {
  const { readSync } = fs;
  let count = 0;
  t.teardown(() => Object.assign(fs, { readSync }));
  Object.assign(fs, {
    readSync: (fd: number, into: Buffer, at: number, length: number, position: number | null): number => {
      if (position === 0) count += 1;
      return readSync(fd, into, at, length, position);
    },
  });
  return () => count;
}

/** Something else happens right before this process writes the next time. */
function beforeTheNextWrite(t: ExecutionContext, meanwhile: () => unknown): void {
  t.teardown(writeAtOnce);
  const late = (...args: Parameters<typeof writeSync>): number => {
    writeAtOnce();
    meanwhile();
    return writeSync(...args);
  };
  Object.assign(fs, { writeSync: late });
}

function writeAtOnce(): void {
  Object.assign(fs, { writeSync });
}
