import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';

import { limitedLog } from '../../../commands/capture/limitedLog';
import { temporaryDirectory } from '../../temporaryHost';

/** What a log of `limit` bytes keeps of these pieces of output. */
function logged(t: ExecutionContext, limit: number, pieces: readonly string[], late: readonly string[] = []): string {
  const path = join(temporaryDirectory(t), 'log');
  const fd = openSync(path, 'w');
  const log = limitedLog(fd, limit);
  for (const piece of pieces) log.write(Buffer.from(piece));
  log.complete();
  for (const piece of late) log.write(Buffer.from(piece));
  closeSync(fd);
  return readFileSync(path, 'utf8');
}

const piece = fc.stringMatching(/^[a-z]{0,60}\n?$/);

test('a log is what was written, or its beginning and its end with a note that says exactly what is missing', (t) => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1024, max: 2000 }),
      fc.array(piece, { minLength: 80, maxLength: 200 }),
      (limit, pieces) => {
        const output = pieces.join('');
        const log = logged(t, limit, pieces);
        if (log === output) return;
        t.true(log.length <= limit);
        const [before = '', between, end = ''] = log.split(/-----> .*\n/);
        t.true(output.endsWith(end) && between === '');
        // A note begins a line: the line break before it may be its own, or one of the output.
        const counted = [before, before.slice(0, -1)]
          .filter((beginning) => output.startsWith(beginning))
          .map((beginning) => output.slice(beginning.length, output.length - end.length))
          .map((missing) => `${missing.split('\n').length - 1} lines (${missing.length} bytes)`);
        t.true(counted.some((count) => log.includes(`\n-----> ${count} are left out here\n`)));
      },
    ),
    { numRuns: process.env['SOAK'] === '1' ? 5_000 : 50 },
  );
});

test('the first and the last lines are kept whole', (t) => {
  const pieces = Array.from({ length: 500 }, (_, n) => `line ${n}\n`);
  const log = logged(t, 1024, pieces);
  t.regex(log, /^line 0\nline 1\n[^]*\nline 498\nline 499\n$/);
  for (const each of log.trimEnd().split('\n')) t.regex(each, /^(?:line \d+|-----> .*)$/);
});

test('what comes after the end is still logged if there is room', (t) => {
  t.is(logged(t, 1024, ['a\n'], ['late\n']), 'a\nlate\n');
  const full = logged(t, 1024, ['x'.repeat(2000), '\n']);
  t.is(logged(t, 1024, ['x'.repeat(2000), '\n'], ['late\n']), full);
});
