import { appendFileSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import test from 'ava';

import { JournalNotReadable } from '../../journal/errors';
import { emptyHistory } from '../../journal/applyEvent';
import { evolve } from '../../journal/evolve';
import { writeCheckpoint } from '../../journal/checkpoint';
import { loadHistory, nothingLoaded } from '../../journal/loadHistory';
import { canceled, finished, pruned, started } from './buildEvents';
import { append, temporaryApp } from '../projections/records/temporaryApp';

const past = [started('b1'), finished('b1'), started('b2'), canceled('b2'), pruned('b1'), started('b3')];

test('an app without a journal has no history', (t) => {
  t.is(loadHistory(temporaryApp(t).directory), nothingLoaded);
  t.is(loadHistory('/nowhere/at/all'), nothingLoaded);
});

test('the history is the fold of the events', (t) => {
  const { directory, ...builds } = temporaryApp(t);
  append({ ...builds, directory }, ...past);
  const { history, head, problems } = loadHistory(directory);
  t.deepEqual(history, past.reduce(evolve, emptyHistory));
  t.is(head.seq, past.length);
  t.deepEqual(problems, []);
});

test('debris is told of, and passed over', (t) => {
  const builds = temporaryApp(t);
  append(builds, ...past.slice(0, 3));
  appendFileSync(join(builds.directory, 'events.journal'), 'debris');
  append(builds, ...past.slice(3));
  const { history, problems } = loadHistory(builds.directory);
  t.deepEqual(history, past.reduce(evolve, emptyHistory));
  t.is(problems.length, 1);
});

test('an event that is damaged is told of, and the others still make a history', (t) => {
  const builds = temporaryApp(t);
  append(builds, ...past);
  const path = join(builds.directory, 'events.journal');
  const bytes = readFileSync(path);
  bytes.writeUInt8(bytes.readUInt8(40) ^ 4, 40);
  writeFileSync(path, bytes);
  const { history, problems } = loadHistory(builds.directory);
  t.deepEqual(history, past.slice(1).reduce(evolve, emptyHistory));
  t.deepEqual(
    problems.map(({ type }) => type),
    ['damage', 'gap'],
  );
});

test('what a checkpoint has passed is not told of again', (t) => {
  const builds = temporaryApp(t);
  append(builds, ...past.slice(0, 3));
  appendFileSync(join(builds.directory, 'events.journal'), 'debris');
  append(builds, ...past.slice(3));
  writeCheckpoint(builds.directory, loadHistory(builds.directory));
  t.deepEqual(loadHistory(builds.directory).problems, []);
});

test('a journal that is a link is an error, not an empty history', (t) => {
  const [mine, other] = [temporaryApp(t), temporaryApp(t)];
  append(other, ...past);
  symlinkSync(join(other.directory, 'events.journal'), join(mine.directory, 'events.journal'));
  t.throws(() => loadHistory(mine.directory), { instanceOf: JournalNotReadable, message: /symbolic link/ });
});
