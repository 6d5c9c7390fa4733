import test from 'ava';
import fc from 'fast-check';

import { nearest, slipsBetween } from '../../host/nearest';

test('a slip is a letter left out, put in, mistaken, or two that changed places', (t) => {
  const slips: [string, string, number][] = [
    ['list', 'list', 0],
    ['lst', 'list', 1],
    ['liist', 'list', 1],
    ['lisk', 'list', 1],
    ['lsit', 'list', 1],
    ['ilts', 'list', 2],
    ['', 'list', 4],
    ['list', '', 4],
    ['ca', 'abc', 3], // no letter is part of two slips
  ];
  for (const [a, b, count] of slips) t.is(slipsBetween(a, b), count, `${a} ${b}`);
});

test('the distance is the same in both directions, 0 only between equals, and at most the length of the longer word', (t) => {
  const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 6 });
  const property = fc.property(word, word, (a, b) => {
    const count = slipsBetween(a, b);
    t.is(count, slipsBetween(b, a));
    t.is(count === 0, a === b);
    t.true(count <= Math.max(a.length, b.length) && count >= Math.abs(a.length - b.length));
  });
  t.notThrows(() => fc.assert(property));
});

test('the nearest is meant, one slip away when the word is short, two when it is long', (t) => {
  const flags = ['--kind', '--format', '--status', '--all', '--as-of'];
  t.is(nearest('--formt', flags), '--format');
  t.is(nearest('--fomrta', flags), '--format');
  t.is(nearest('--frmtaa', flags), undefined);
  t.is(nearest('--al', flags), '--all');
  t.is(nearest('-all', flags), '--all');
  t.is(nearest('set', ['get', 'see']), 'get', 'of two that are as near, the first');
  t.is(nearest('x', ['y', 'abc']), 'y');
  t.is(nearest('ab', ['cd']), undefined);
  t.is(nearest('anything', []), undefined);
});

test('the beginning of one word means that word, of two neither', (t) => {
  t.is(
    nearest('builds:out', ['builds:set', 'builds:output']),
    'builds:output',
    'rather than one that is two slips away',
  );
  t.is(nearest('builds:out', ['builds:output', 'builds:list']), 'builds:output');
  t.is(nearest('--build', ['--build-kind', '--build-source']), undefined);
  t.is(nearest('--', ['--build-kind']), undefined);
});
