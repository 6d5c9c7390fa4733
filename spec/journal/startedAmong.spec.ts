import { appendFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import test from 'ava';

import { parseBuildId } from '../../host/dokku/names';
import { JournalNotReadable } from '../../journal/errors';
import { appendEvent } from '../../journal/file/appendEvent';
import { wasEverStarted } from '../../journal/startedAmong';
import { temporaryDirectory } from '../temporaryHost';
import { discarded, finished, minute, pruned, started } from './buildEvents';
import { appendAll, appendVoid, readAll, rewrite, temporaryJournal } from './file/temporaryJournal';

test('a build that was pruned is found to have started', (t) => {
  const journal = temporaryJournal(t);
  appendAll(journal, [started('b1'), finished('b1'), pruned('b1'), started('b2'), discarded('b2')]);
  t.true(wasEverStarted(journal.path, parseBuildId('b1')));
  t.true(wasEverStarted(journal.path, parseBuildId('b2')));
});

test('a build that never started is not found, even if its id is part of another or in another field', (t) => {
  const journal = temporaryJournal(t);
  appendAll(journal, [started('build12'), started('b9', { actor: { key: 'ghost' } }), pruned('left')]);
  for (const id of ['build1', 'b', 'uild12', 'ghost', 'left', 'b1']) {
    t.false(wasEverStarted(journal.path, parseBuildId(id)), id);
  }
});

test('a start that lost its race does not count', (t) => {
  const journal = temporaryJournal(t);
  const { head } = readAll(journal);
  appendEvent(journal, head, started('winner'), minute(0), Math.random);
  appendVoid(journal, head, started('loser'), minute(0));
  t.true(wasEverStarted(journal.path, parseBuildId('winner')));
  t.false(wasEverStarted(journal.path, parseBuildId('loser')));
});

test('the id is found across the borders of what is read at once', (t) => {
  const journal = temporaryJournal(t);
  appendAll(journal, [started('needle')]);
  const chunk = 1024 * 1024;
  for (const before of [0, chunk, 2 * chunk, ...Array.from({ length: 200 }, (_, n) => chunk - n)]) {
    rewrite(journal.path, (frames) => [Buffer.alloc(before), ...frames]);
    t.true(wasEverStarted(journal.path, parseBuildId('needle')), `behind ${before} bytes`);
  }
});

test('debris hides no start', (t) => {
  const journal = temporaryJournal(t);
  appendAll(journal, [started('b1')]);
  appendFileSync(journal.path, 'debris');
  appendAll(journal, [finished('b1')]);
  t.true(wasEverStarted(journal.path, parseBuildId('b1')));
});

test('without a journal no build has started', (t) => {
  t.false(wasEverStarted(join(temporaryDirectory(t), 'events.journal'), parseBuildId('b1')));
});

test('a journal that cannot be read is an error, not the answer no', (t) => {
  const directory = temporaryDirectory(t);
  writeFileSync(join(directory, 'elsewhere'), '');
  symlinkSync(join(directory, 'elsewhere'), join(directory, 'events.journal'));
  t.throws(() => wasEverStarted(join(directory, 'events.journal'), parseBuildId('b1')), {
    instanceOf: JournalNotReadable,
  });
});
