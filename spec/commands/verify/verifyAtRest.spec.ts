import { readFileSync, rmSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import test, { type ExecutionContext } from 'ava';

import { isBeingWritten, untilAtRest } from '../../../commands/verify/verifyAtRest';
import type { AppBuilds } from '../../../host/dokku/paths';
import type { Deviation } from '../../../journal/file/verifyJournal';
import { verifyApp } from '../../../projections/verification/verifyApp';
import { machine } from '../../host/system/machine';
import { finish, start } from '../../journal/buildCommands';
import { minute } from '../../journal/buildEvents';
import { framesOf } from '../../journal/file/temporaryJournal';
import { handle, temporaryApp, testMachine } from '../../projections/records/temporaryApp';

test('a deviation that no writer explains counts at once, although somebody writes', (t) => {
  t.deepEqual(watched([['lost']], { writing: Infinity }), { found: ['lost'], runs: 1 });
});

test('if nobody writes, every deviation counts at once', (t) => {
  t.deepEqual(watched([['missing*', 'lost']], { writing: 0 }), { found: ['missing*', 'lost'], runs: 1 });
});

test('a deviation that disappears while a process writes does not count; one that stays counts after the last write', (t) => {
  t.deepEqual(watched([['missing*'], ['missing*'], []], { writing: Infinity }), { found: [], runs: 3 });
  t.deepEqual(watched([['missing*']], { writing: 4 }), { found: ['missing*'], runs: 5 });
});

test('if a process writes all the time, a deviation that stays counts after a while, and one that came later does not', (t) => {
  const { found, runs } = watched([['first*'], ['first*', 'second*'], ['second*', 'third*'], ['first*', 'third*']], {
    writing: Infinity,
  });
  t.deepEqual(found, []);
  t.is(runs, 1 + RUNS_IN_FIVE_SECONDS);
  t.deepEqual(watched([['first*'], ['first*', 'second*', 'lost']], { writing: Infinity }).found, ['first*', 'lost']);
});

test('a process writes if the directory or the journal has just changed, or a live writer has a temporary file', (t) => {
  const builds = recorded(t);
  const { directory } = builds;
  const journal = join(directory, 'events.journal');
  const [long, now] = [minute(0), minute(60)];
  const changed = (path: string, at: number): void => utimesSync(path, at / 1000, at / 1000);
  changed(directory, long);
  changed(journal, long);
  t.false(isBeingWritten(builds, machine(now, process.pid)));
  for (const path of [directory, journal]) {
    changed(path, now - 1900);
    t.true(isBeingWritten(builds, machine(now, process.pid)));
    changed(path, now + 1900); // by a clock that was put back since
    t.true(isBeingWritten(builds, machine(now, process.pid)));
    changed(path, now - 2100);
    t.false(isBeingWritten(builds, machine(now, process.pid)));
  }
  for (const [pid, writes] of [
    [GONE, false],
    [process.pid, true],
  ] as const) {
    writeFileSync(join(directory, `.b1.json.${pid}-1.tmp`), '');
    changed(directory, long);
    t.is(isBeingWritten(builds, machine(now, process.pid)), writes);
  }
});

test('a record that is missing and half an event at the end may pass; damage in the middle may not', (t) => {
  const builds = recorded(t);
  const journal = join(builds.directory, 'events.journal');
  const [first, , , last] = framesOf(journal);
  rmSync(join(builds.directory, 'events.checkpoint'));
  rmSync(join(builds.directory, 'b1.json'));
  truncateSync(journal, (last?.end ?? 0) - 7);
  const passing = verifyApp(builds, testMachine).deviations;
  t.true(passing.some(({ kind }) => kind === 'damage') && passing.some(({ kind }) => kind === 'record'));
  t.true(passing.every(({ mayPass }) => mayPass === true));
  flip(journal, (first?.end ?? 0) - 20);
  t.true(verifyApp(builds, testMachine).deviations.some(({ kind, mayPass }) => kind === 'damage' && mayPass !== true));
});

const GONE = 2 ** 22 + 1; // more than any pid

/** Pauses of 20, 40 … 320 ms and then 320 each, until they are more than 5 s. */
const RUNS_IN_FIVE_SECONDS = 19;

/**
 * Which deviations count if these are found by one verification after the other, the last of them again and again.
 * Those with an asterisk may pass. So many times somebody is found `writing`. Time passes in pauses only.
 */
function watched(all: readonly string[][], { writing }: { writing: number }): { found: string[]; runs: number } {
  let [runs, asked, now] = [0, 0, 0];
  const verified = untilAtRest({
    verify() {
      const meanings = all[Math.min(runs, all.length - 1)] ?? [];
      runs += 1;
      const deviations = meanings.map((meaning): Deviation => ({
        kind: 'record',
        meaning,
        ...(meaning.endsWith('*') && { mayPass: true }),
      }));
      return { deviations };
    },
    isBeingWritten: () => (asked += 1) <= writing,
    now: () => now,
    pause: (ms) => (now += ms),
  });
  return { found: verified.deviations.map(({ meaning }) => meaning), runs };
}

/** An app with two builds that have ended. */
function recorded(t: ExecutionContext): AppBuilds {
  const builds = temporaryApp(t);
  for (const id of ['b1', 'b2']) handle(builds, start(id), finish(id));
  return builds;
}

function flip(path: string, at: number): void {
  const bytes = readFileSync(path);
  bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
  writeFileSync(path, bytes);
}
