import test from 'ava';
import fc from 'fast-check';

import { type Mask, maskPrinted } from '../../../host/secrets/mask';
import { parsePatterns } from '../../../host/secrets/patterns';
import { readPrinted, textOf } from '../../../host/terminal/printed';

/** What is left of `log`, line by line. */
function masked(log: string, mask: Partial<Mask>, cut = false): string[] {
  return maskPrinted({ values: [], patterns: [], ...mask }, readPrinted(log), cut).map(textOf);
}

const values = ['hunter2-hunter2', 's3cr3t-value'];

test('each secret becomes three stars, wherever it stands, and nothing else changes', (t) => {
  t.deepEqual(masked('a\nkey=hunter2-hunter2; again hunter2-hunter2\n\ns3cr3t-value\nb', { values }), [
    'a',
    'key=***; again ***',
    '',
    '***',
    'b',
  ]);
  t.deepEqual(masked('nothing\nhere', { values }), ['nothing', 'here']);
});

test('a secret is found across colours, and the mask has the colour of its beginning', (t) => {
  const log = 'is \u001b[31mhunter2-\u001b[1mhun\u001b[0mter2 not';
  const [line = []] = maskPrinted({ values, patterns: [] }, readPrinted(log), false);
  t.deepEqual(
    line.map(({ text }) => text),
    ['is ', '***', ' not'],
  );
  t.deepEqual(line[1]?.style, readPrinted('\u001b[31mx')[0]?.[0]?.style);
});

test('a secret that is broken over lines is masked on each of them', (t) => {
  t.deepEqual(masked('key: hunter2-\nhunter2 and\nso s3cr3\nt-v\nalue', { values }), [
    'key: ***',
    '*** and',
    'so ***',
    '***',
    '***',
  ]);
});

test('a secret that was written over by a carriage return is not there, and what is written over it is', (t) => {
  t.deepEqual(masked('hunter2-hunter2\rdone           \n', { values }), ['done']);
});

test('secrets that overlap leave nothing of either', (t) => {
  t.deepEqual(masked('abcdefghij', { values: ['abcdefg', 'efghij'] }), ['***']);
  t.deepEqual(masked('aaaaaaaaa', { values: ['aaaaaa'] }), ['***']);
});

test('of a secret that is cut off at the beginning or at the end, the half that is there is masked', (t) => {
  t.deepEqual(masked('er2-hunter2 first\nlast hunter2-hu', { values }, true), ['*** first', 'last ***']);
  t.deepEqual(masked('er2-hunter2 first', { values }), ['er2-hunter2 first']); // the log begins there
  t.deepEqual(masked('hunter2\nhunt', { values }, true), ['hunter2', 'hunt']);
});

test('patterns and passwords in urls are masked in each line', (t) => {
  t.deepEqual(
    masked('id AKIA123 x\nfetch https://ann:p4ss@host/a?b=c://d, then http://ann@host and https://h:80/', {
      patterns: parsePatterns('AKIA*'),
    }),
    ['id *** x', 'fetch https://ann:***@host/a?b=c://d, then http://ann@host and https://h:80/'],
  );
});

test('no secret is left, whatever the log around it says', (t) => {
  const piece = fc.oneof(
    fc.constantFrom(...values),
    fc.constantFrom('\n', '\u001b[32m', '😀', ' ', '://', 'a:b@'),
    fc.string(),
  );
  fc.assert(
    fc.property(fc.array(piece), fc.boolean(), (pieces, cut) => {
      const log = pieces.join('');
      const text = masked(log, { values, patterns: parsePatterns('AKIA*') }, cut).join('');
      for (const value of values) t.false(text.includes(value), log);
    }),
  );
});

test('a log of many urls takes a number of steps that grows with it', (t) => {
  t.is(masked('://'.repeat(300_000), {}).length, 1);
});
