import test from 'ava';
import fc from 'fast-check';

import { Failure } from '../../../host/failure';
import { findPattern, parsePatterns } from '../../../host/secrets/patterns';

/** What the patterns in `text` find in `line`. */
function found(text: string, line: string): string[] {
  return parsePatterns(text).flatMap((pattern) =>
    findPattern(pattern, line).map(({ start, end }) => line.slice(start, end)),
  );
}

test('a pattern stands for itself, and a star for any characters but blanks, as many as possible', (t) => {
  t.deepEqual(found('hunter2', 'is hunter2, hunter22'), ['hunter2', 'hunter2']);
  t.deepEqual(found('AKIA*', 'id AKIA123 and AKIA, not akia1'), ['AKIA123', 'AKIA,']);
  t.deepEqual(found('*.internal', 'at db.internal and web.internal.example'), ['db.internal', 'web.internal']);
  t.deepEqual(found('sk_*_end', 'sk_a_end_b_end_c sk_x'), ['sk_a_end_b_end']);
  t.deepEqual(found('Password: *', 'Password: hunter2 next; Password:none'), ['Password: hunter2']);
  t.deepEqual(found('a**bc', 'axxbc'), ['axxbc']);
});

test('nothing in a pattern but the star has a meaning', (t) => {
  t.deepEqual(found('(a+)+$', 'aaaa (a+)+$'), ['(a+)+$']);
  t.deepEqual(found(String.raw`.?[x]\d`, String.raw`abc .?[x]\d`), [String.raw`.?[x]\d`]);
});

test('patterns are separated by commas, and blanks around them say nothing', (t) => {
  t.deepEqual(found(' AKIA* , ghp_*,', 'AKIA1 ghp_2'), ['AKIA1', 'ghp_2']);
});

test('a pattern that is too short, too long or too general is refused, and the message does not repeat it', (t) => {
  const control = 'abc\u0007';
  for (const text of ['', ',', '*', 'a*', 'ab', '* a *b', 'x'.repeat(201), control, 'good-one,*', 'abc,'.repeat(101)]) {
    const error = t.throws(() => parsePatterns(text), { instanceOf: Failure, message: /^Invalid mask: / }, text);
    t.false(error.message.includes('good-one'));
  }
});

test('a pattern finds what the same regular expression finds', (t) => {
  const letters = fc.string({ unit: fc.constantFrom('a', 'b', 'c', ' '), maxLength: 40 });
  const part = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 3 });
  fc.assert(
    fc.property(fc.array(part, { minLength: 1, maxLength: 4 }), letters, (parts, line) => {
      const pattern = parts.join('*').replace(/\*+/g, '*');
      fc.pre(pattern.replaceAll('*', '').length >= 3 && !pattern.startsWith('*'));
      const expected = [...line.matchAll(new RegExp(pattern.replaceAll('*', String.raw`\S*`), 'g'))];
      t.deepEqual(
        found(pattern, line),
        expected.map(([text]) => text),
        pattern,
      );
    }),
    { numRuns: 3000 },
  );
});

test('a long line in which each place could be the beginning takes a number of steps that grows with it', (t) => {
  const length = 1_000_000; // in steps that grow with its square this takes longer than any test may
  t.deepEqual(found('a*b*c', 'a'.repeat(length)), []);
  t.deepEqual(found('abc*d', 'abc'.repeat(length)), []);
  t.deepEqual(found('abc*d', 'abc '.repeat(length)), []);
  t.deepEqual(found('*a*bcd', 'a '.repeat(length)), []);
  t.is(found('abc*', 'abc'.repeat(length)).length, 1);
});
