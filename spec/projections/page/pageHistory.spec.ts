import { join } from 'node:path';

import test from 'ava';

import { closeJournal, JOURNAL_FILE, openJournalForAppend } from '../../../journal/file/journalFile';
import { HOUR_MS } from '../../../host/durations';
import { sumOf } from '../../../projections/page/ends';
import { readPageHistory } from '../../../projections/page/pageHistory';
import { finished, pruned, reaped, started } from '../../journal/buildEvents';
import { appendAll } from '../../journal/file/temporaryJournal';
import { temporaryDirectory } from '../../temporaryHost';

test('all ends are counted by the hour of the start, although only the latest are kept', (t) => {
  const directory = temporaryDirectory(t);
  const journal = openJournalForAppend(join(directory, JOURNAL_FILE));
  t.teardown(() => closeJournal(journal));
  appendAll(journal, [
    started('b1', { startedAt: '2026-04-30T10:10:00Z' }),
    reaped('b1'),
    finished('b1'), // a report corrects what was inferred
    started('b2', { startedAt: '2026-04-30T10:50:00Z' }),
    finished('b2', { exitCode: 1 }),
    pruned('b1'),
    started('b3', { startedAt: '2026-04-30T11:00:00Z' }),
    finished('b3'),
  ]);
  const { ends, outcomes } = readPageHistory(directory, 1);
  t.deepEqual(
    outcomes.map(({ build }) => build),
    ['b3'],
  );
  const first = Date.parse('2026-04-30T10:00:00Z') / HOUR_MS;
  t.deepEqual(
    [...ends],
    [
      [first, { succeeded: 1, failed: 1, canceled: 0 }],
      [first + 1, { succeeded: 1, failed: 0, canceled: 0 }],
    ],
  );
  t.deepEqual(sumOf(ends.values()), { succeeded: 2, failed: 1, canceled: 0 });
});
