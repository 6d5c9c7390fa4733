import test from 'ava';
import fc from 'fast-check';

import type { Recorded } from '../../../journal/events';
import { eventsBackwards } from '../../../journal/file/readBackwards';
import type { Problem } from '../../../journal/file/readJournal';
import { EPOCH, finished, started } from '../buildEvents';
import { appendAll, appendVoid, forge, readAll, rewrite, temporaryJournal } from './temporaryJournal';

const story = ['b1', 'b2', 'b3', 'b4', 'b5', 'b6'].flatMap((id) => [started(id), finished(id)]);

test('the events come backwards, each once, wherever and however often reading is resumed', (t) => {
  const journal = temporaryJournal(t);
  const { recorded } = appendAll(journal, story);
  for (const step of [1, 200, 500, 1000, 1e6]) {
    const found: Recorded[] = [];
    const backwards = eventsBackwards(
      journal.path,
      { event: (one) => found.push(one), problem: () => t.fail('nothing is wrong') },
      step,
    );
    for (const _ of [1, 2]) t.deepEqual([...backwards], recorded.toReversed(), `in steps of ${step} bytes`);
    t.deepEqual(found, recorded, 'forwards it is read once');
  }
});

test('what is appended between two readings comes first in the second', (t) => {
  const journal = temporaryJournal(t);
  const { recorded } = appendAll(journal, story);
  const backwards = eventsBackwards(journal.path, { event: () => undefined, problem: () => undefined }, 200);
  t.is([...backwards].length, story.length);
  const later = appendAll(journal, [started('b7'), finished('b7')]);
  t.deepEqual([...backwards], [...recorded, ...later.recorded].reverse());
});

test('without a journal there are no events', (t) => {
  const nowhere = `${temporaryJournal(t).path}.none`;
  t.deepEqual([...eventsBackwards(nowhere, { event: () => t.fail(), problem: () => t.fail() })], []);
});

test('of a damaged journal with lost races the same events come as forwards, and each problem once', (t) => {
  const cut = fc.record({ at: fc.nat(), bytes: fc.uint8Array({ maxLength: 40 }), remove: fc.boolean() });
  fc.assert(
    fc.property(fc.array(cut, { maxLength: 4 }), fc.integer({ min: 1, max: 900 }), (cuts, step) => {
      const journal = temporaryJournal(t);
      const { head } = appendAll(journal, story.slice(0, 4));
      appendVoid(journal, head, started('loser'), 0);
      appendAll(journal, story.slice(4));
      for (const { at, bytes, remove } of cuts)
        rewrite(journal.path, (frames) =>
          frames.toSpliced(at % (frames.length + 1), Number(remove), Buffer.from(bytes)),
        );
      const { events, problems } = readAll(journal);
      const told: Problem[] = [];
      const backwards = eventsBackwards(
        journal.path,
        { event: () => undefined, problem: (problem) => told.push(problem) },
        step,
      );
      t.deepEqual([...backwards], events.toReversed());
      t.deepEqual([...backwards], events.toReversed());
      t.deepEqual(told, problems);
    }),
    { numRuns: 60 },
  );
});

test('reading does not resume at an event that the next one does not link to', (t) => {
  const journal = temporaryJournal(t);
  const { recorded } = appendAll(journal, story);
  rewrite(journal.path, (frames) =>
    frames.map((frame, n) => (n === 3 ? forge(frame, (fields) => fields.with(6, EPOCH + 1)) : frame)),
  );
  const backwards = eventsBackwards(journal.path, { event: () => undefined, problem: () => undefined }, 1);
  t.deepEqual([...backwards], recorded.filter(({ seq }) => seq !== 4).reverse());
});
