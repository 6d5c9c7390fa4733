import fs, { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';

import { type BuildCommand, BuildStartedBefore, UnknownBuild } from '../../journal/decide';
import type { Recorded } from '../../journal/events';
import { parseBuildId } from '../../host/dokku/names';
import { DEPARTED_KEPT } from '../../journal/history';
import { closeJournal, JOURNAL_FILE, openJournalForAppend } from '../../journal/file/journalFile';
import { emptyHistory } from '../../journal/applyEvent';
import { evolve } from '../../journal/evolve';
import { handleCommand, handleCommands } from '../../journal/handleCommand';
import { type Loaded, loadHistory, nothingLoaded } from '../../journal/loadHistory';
import { cancel, discard, finish, prune, reapBuilds, start } from './buildCommands';
import { finished, minute, minuteText, pruned, reaped, started } from './buildEvents';
import { framesOf, readAll } from './file/temporaryJournal';
import { anyCommand } from './anyCommand';
import { append, temporaryApp } from '../projections/records/temporaryApp';

test('what a command decides is appended, and told', (t) => {
  const { directory } = temporaryApp(t);
  const begun = handleCommand(directory, loadHistory(directory), start('b1'), minute(0));
  t.deepEqual(
    begun.added.map(({ seq, event }) => ({ seq, event })),
    [{ seq: 1, event: started('b1') }],
  );
  const ended = handleCommand(directory, begun.loaded, finish('b1'), minute(1));
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
  const { added, loaded } = handleCommands(builds.directory, loadHistory(builds.directory), commands, minute(1));
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

test('a command that is refused is the last, and those before it stand', (t) => {
  const builds = temporaryApp(t);
  append(builds, started('b1'), started('b2'));
  const commands = [finish('b1'), finish('b3'), finish('b2')];
  t.throws(() => handleCommands(builds.directory, loadHistory(builds.directory), commands, minute(1)), {
    instanceOf: UnknownBuild,
  });
  t.deepEqual(
    loadHistory(builds.directory).history.builds.map(({ status }) => status),
    ['succeeded', 'running'],
  );
});

test('a command that has nothing to add leaves the journal as it is', (t) => {
  const builds = temporaryApp(t);
  append(builds, started('b1'), finished('b1'));
  const { size } = statSync(join(builds.directory, JOURNAL_FILE));
  const loaded = loadHistory(builds.directory);
  t.deepEqual(handleCommand(builds.directory, loaded, finish('b1'), minute(2)), { loaded, added: [] });
  t.throws(() => handleCommand(builds.directory, loaded, start('b1'), minute(2)), { instanceOf: BuildStartedBefore });
  t.is(statSync(join(builds.directory, JOURNAL_FILE)).size, size);
});

test('who knew less than the journal decides on all of it', (t) => {
  const { directory } = temporaryApp(t);
  const { loaded: stale } = handleCommand(directory, loadHistory(directory), start('b1'), minute(0));
  const first = handleCommand(directory, stale, cancel('b1'), minute(1));
  const second = handleCommand(directory, stale, finish('b1', { exitCode: 131 }), minute(1));
  t.is(first.added.length, 1);
  t.deepEqual(second.added, []);
  t.is(second.loaded.history.builds[0]?.status, 'canceled');
  t.throws(() => handleCommand(directory, nothingLoaded, start('b1'), minute(0)), { instanceOf: BuildStartedBefore });
});

test.serial('who has lost decides again: the finish that came second adds nothing', (t) => {
  const { directory } = temporaryApp(t);
  const { loaded } = handleCommand(directory, loadHistory(directory), start('b1'), minute(0));
  beforeTheNextWrite(t, () => handleCommand(directory, loaded, cancel('b1'), minute(1)));
  const { added, loaded: after } = handleCommand(directory, loaded, finish('b1', { exitCode: 131 }), minute(1));
  t.deepEqual(added, []);
  t.is(after.history.builds[0]?.status, 'canceled');
  t.is(framesOf(join(directory, JOURNAL_FILE)).length, 3);
  t.is(loadHistory(directory).head.seq, 2);
});

test.serial('who has lost decides again: the start of another build gets the next number, of the same none', (t) => {
  const { directory } = temporaryApp(t);
  beforeTheNextWrite(t, () => handleCommand(directory, nothingLoaded, start('b1'), minute(0)));
  t.is(handleCommand(directory, nothingLoaded, start('b2'), minute(0)).added[0]?.seq, 2);
  beforeTheNextWrite(t, () => handleCommand(directory, nothingLoaded, start('b3'), minute(0)));
  const again = () => handleCommand(directory, nothingLoaded, start('b3'), minute(0));
  t.throws(again, { instanceOf: BuildStartedBefore });
});

test('a build that started and left while a writer knew nothing of it does not start again', (t) => {
  const builds = temporaryApp(t);
  const stale = loadHistory(builds.directory);
  const ids = Array.from({ length: 70 }, (_, n) => `b${n}`);
  for (const id of ids) {
    handleCommand(builds.directory, loadHistory(builds.directory), start(id), minute(0));
    handleCommand(builds.directory, loadHistory(builds.directory), discard(id), minute(0));
  }
  t.throws(() => handleCommand(builds.directory, stale, start('b0'), minute(0)), { instanceOf: BuildStartedBefore });
  t.throws(() => handleCommand(builds.directory, stale, finish('b0'), minute(0)), { instanceOf: UnknownBuild });
});

test.serial('a build that started and left while a writer lost its race does not start again', (t) => {
  const builds = temporaryApp(t);
  append(builds, started('b0'));
  beforeTheNextWrite(t, () => {
    const ids = ['b1', ...Array.from({ length: DEPARTED_KEPT }, (_, n) => `c${n}`)];
    append(builds, ...ids.flatMap((id) => [started(id), finished(id)]), pruned(...ids));
  });
  const again = () => handleCommand(builds.directory, loadHistory(builds.directory), start('b1'), minute(0));
  t.throws(again, { instanceOf: BuildStartedBefore });
  t.false(loadHistory(builds.directory).history.departed.includes(parseBuildId('b1')));
  const counted = loadHistory(builds.directory).head.seq;
  t.is(framesOf(join(builds.directory, JOURNAL_FILE)).length, counted + 1); // the one that lost its race
});

test('a command of several events adds those that are still due', (t) => {
  const { directory } = temporaryApp(t);
  let { loaded } = handleCommand(directory, loadHistory(directory), start('b1'), minute(0));
  ({ loaded } = handleCommand(directory, loaded, start('b2'), minute(0)));
  const stale = handleCommand(directory, loaded, start('b3'), minute(0)).loaded;
  handleCommand(directory, stale, finish('b2'), minute(1));
  const dead = reapBuilds({ b1: minute(3), b2: minute(3), b3: minute(3) });
  t.deepEqual(
    handleCommand(directory, stale, dead, minute(4)).added.map(({ seq, event }) => ({ seq, event })),
    [
      { seq: 5, event: reaped('b1', { finishedAt: minuteText(3) }) },
      { seq: 6, event: reaped('b3', { finishedAt: minuteText(3) }) },
    ],
  );
});

test('two prunes at once drop each build once', (t) => {
  const builds = temporaryApp(t);
  append(builds, ...['b1', 'b2', 'b3', 'b4'].flatMap((id) => [started(id), finished(id)]));
  const stale = loadHistory(builds.directory);
  const first = handleCommand(builds.directory, stale, prune(2), minute(5));
  const second = handleCommand(builds.directory, stale, prune(1), minute(5));
  t.deepEqual(
    [...first.added, ...second.added].map(({ event }) => event.type === 'Pruned' && event.builds),
    [['b1', 'b2'], ['b3']] as never,
  );
});

test('a writer whose journal was put back to an older copy starts over from what is there', (t) => {
  const [mine, other] = [temporaryApp(t), temporaryApp(t)];
  append(mine, started('b1'), finished('b1'), started('b2'));
  append(other, started('x1'), finished('x1'), started('x2'), finished('x2'));
  const stale = loadHistory(mine.directory);
  const handled = handleCommand(other.directory, stale, start('x3'), minute(5));
  t.is(handled.added[0]?.seq, 5);
  t.deepEqual(
    handled.loaded.history.builds.map(({ id }) => id),
    ['x1', 'x2', 'x3'] as never,
  );
});

test.serial('however stale and slow the writers are, the rules hold and everybody is told the truth', (t) => {
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
          const { added, loaded } = handleCommands(own, view, commands, minute(0));
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
});

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
  t.deepEqual(loadHistory(directory).history, events.map(({ event }) => event).reduce(evolve, emptyHistory));
  const ends = events.flatMap(({ event }) =>
    event.type === 'BuildFinished' || event.type === 'BuildCanceled' ? [event.build] : [],
  );
  const starts = events.flatMap(({ event }) => (event.type === 'BuildStarted' ? [event.build] : []));
  t.is(new Set(ends).size, ends.length);
  t.is(new Set(starts).size, starts.length);
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
