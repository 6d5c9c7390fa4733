import { appendFileSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import test from 'ava';

import { parseBuildId } from '../../host/dokku/names';
import { JournalNotReadable } from '../../journal/errors';
import { writeCheckpoint } from '../../journal/checkpoint';
import { closeJournal, JOURNAL_FILE, openJournalForAppend } from '../../journal/file/journalFile';
import { loadHistory, nothingLoaded, withEvents } from '../../journal/loadHistory';
import { canceled, finished, pruned, started } from './buildEvents';
import { readAll } from './file/temporaryJournal';
import { historyOf } from './given';
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
  t.deepEqual(history, historyOf(...past));
  t.is(head.seq, past.length);
  t.deepEqual(problems, []);
});

test('debris is a problem, and is ignored', (t) => {
  const builds = temporaryApp(t);
  append(builds, ...past.slice(0, 3));
  appendFileSync(join(builds.directory, 'events.journal'), 'debris');
  append(builds, ...past.slice(3));
  const { history, problems } = loadHistory(builds.directory);
  t.deepEqual(history, historyOf(...past));
  t.is(problems.length, 1);
});

test('an event that is damaged is a problem, and the others still make a history', (t) => {
  const builds = temporaryApp(t);
  append(builds, ...past);
  const path = join(builds.directory, 'events.journal');
  const bytes = readFileSync(path);
  bytes.writeUInt8(bytes.readUInt8(40) ^ 4, 40);
  writeFileSync(path, bytes);
  const { history, problems } = loadHistory(builds.directory);
  t.deepEqual(history, historyOf(...past.slice(1)));
  t.deepEqual(
    problems.map(({ type }) => type),
    ['damage', 'gap'],
  );
});

test('debris in front of a checkpoint is not a problem any more', (t) => {
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

test('behind a checkpoint the builds that events name are changed, without one all are', (t) => {
  const builds = temporaryApp(t);
  append(builds, ...past);
  t.is(loadHistory(builds.directory).changed, 'all');
  writeCheckpoint(builds.directory, loadHistory(builds.directory));
  t.deepEqual(loadHistory(builds.directory).changed, new Set());
  append(builds, started('b4'), started('b5'), finished('b4'), finished('b3'), pruned('b2'));
  const changed = ['b4', 'b5', 'b3', 'b2'].map(parseBuildId);
  t.deepEqual(loadHistory(builds.directory).changed, new Set(changed));
});

test('events that are added to a loaded history change it, and the builds that they name', (t) => {
  const builds = temporaryApp(t);
  append(builds, ...past);
  writeCheckpoint(builds.directory, loadHistory(builds.directory));
  const loaded = loadHistory(builds.directory);
  append(builds, finished('b3'), started('b4'));
  const journal = openJournalForAppend(join(builds.directory, JOURNAL_FILE));
  const { events } = readAll(journal, loaded.head);
  closeJournal(journal);
  const { history, changed } = loadHistory(builds.directory);
  t.like(withEvents(loaded, events), { history, changed, head: loaded.head });
  t.is(withEvents(loaded, []), loaded);
});
