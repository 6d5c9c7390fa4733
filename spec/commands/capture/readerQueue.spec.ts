import test from 'ava';
import fc from 'fast-check';

import { type Reader, ReaderQueue } from '../../../commands/capture/readerQueue';

/** A reader that takes one piece each time it is let, and one that is gone after some. */
function reader(goneAfter = Infinity) {
  const taken: Buffer[] = [];
  let waiting: (() => void) | undefined;
  const self: Reader = {
    write: (bytes) =>
      new Promise((resolve, reject) => {
        waiting = () => {
          waiting = undefined;
          if (taken.length >= goneAfter) reject(new Error('gone'));
          else resolve(void taken.push(Buffer.from(bytes)));
        };
      }),
    end: () => Promise.resolve(),
    failure: () => undefined,
  };
  return {
    self,
    text: () => Buffer.concat(taken).toString(),
    /** Lets it take `count` pieces. */
    async takes(count: number): Promise<void> {
      for (let n = 0; n < count && waiting !== undefined; n++) {
        waiting();
        await new Promise(setImmediate);
      }
    },
  };
}

const note = (lines: number): string => `[${lines}]`;
const KEPT = 8 * 1024 * 1024;

test('a reader that is fast enough gets every byte', async (t) => {
  const slow = reader();
  const queue = new ReaderQueue(slow.self, note);
  const pieces = ['a', 'b\nc', '', '\n', 'd'];
  for (const piece of pieces) queue.add(Buffer.from(piece));
  await slow.takes(10);
  t.deepEqual(await queue.end(), { isWaitedFor: false, lines: 0, failure: undefined });
  t.is(slow.text(), pieces.join(''));
});

test('a piece is a copy', async (t) => {
  const slow = reader();
  const queue = new ReaderQueue(slow.self, note);
  const bytes = Buffer.from('a\n');
  queue.add(bytes);
  bytes.fill('x');
  await slow.takes(1);
  t.is(slow.text(), 'a\n');
});

test('beyond the limit whole lines are left out, and each line is given or counted', async (t) => {
  const steps = fc.array(fc.tuple(fc.integer({ min: 1, max: 5000 }), fc.nat(400)), { minLength: 8, maxLength: 24 });
  await fc.assert(
    fc.asyncProperty(steps, async (sizes) => {
      const slow = reader();
      const queue = new ReaderQueue(slow.self, note);
      let lines = 0;
      for (const [count, takes] of sizes) {
        for (let n = 0; n < count; n += 100) queue.add(Buffer.from(`${'x'.repeat(999)}\n`.repeat(100)));
        lines += Math.ceil(count / 100) * 100;
        await slow.takes(takes);
      }
      const ended = queue.end();
      await slow.takes(10_000);
      await ended;
      const given = slow.text().trimEnd().split('\n');
      const notes = given.filter((line) => line.startsWith('['));
      const counted = notes.reduce((sum, line) => sum + Number(line.slice(1, -1)), 0);
      t.is(given.length - notes.length + counted, lines);
      t.true(given.every((line) => line.length === 999 || line.startsWith('[')));
    }),
    { numRuns: 10 },
  );
});

test('the note stands where the lines are missing', async (t) => {
  const slow = reader();
  const queue = new ReaderQueue(slow.self, note);
  queue.add(Buffer.from(`first\n${'x'.repeat(KEPT - 10)}`));
  queue.add(Buffer.from('end of the long line\nlost\nlost\nlo'));
  await slow.takes(5);
  queue.add(Buffer.from('st\nnext\n'));
  await slow.takes(5);
  await queue.end();
  t.is(slow.text().replace(/x+/, 'x'), 'first\nxend of the long line\n[3]\nnext\n');
});

test('a reader that takes nothing is given up, and one that is gone is not waited for', async (t) => {
  const stalled = new ReaderQueue(reader().self, note);
  stalled.add(Buffer.from('a\nb\n'));
  t.deepEqual(await stalled.end(), { isWaitedFor: true, lines: 2, failure: undefined });

  const closed = reader(0);
  const queue = new ReaderQueue(closed.self, note);
  queue.add(Buffer.from('a\n'));
  await closed.takes(1);
  queue.add(Buffer.from('b\n'));
  t.deepEqual(await queue.end(), { isWaitedFor: false, lines: 0, failure: undefined });
});
