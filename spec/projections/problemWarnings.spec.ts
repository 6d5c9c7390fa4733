import test from 'ava';

import type { Problem } from '../../journal/file/readJournal';
import { complain, complainer, once } from '../../projections/problemWarnings';
import { temporaryApp } from './records/temporaryApp';

const cutOff: Problem = { type: 'damage', start: 7, end: 9, tail: false, cutOff: true };
const gaps = (count: number): Problem[] =>
  Array.from({ length: count }, (_, at) => ({ type: 'gap', from: 2 * at + 1, to: 2 * at + 1, start: at }));

test('of many things that are wrong the first ones are told, and that there are more', (t) => {
  const builds = temporaryApp(t);
  const told: string[] = [];
  complain(builds, gaps(10), (message) => told.push(message));
  t.is(told.length, 10);
  t.is(told[9], 'The journal of myapp lacks event 19; see builds:verify myapp');

  const more: string[] = [];
  const tell = complainer(builds, (message) => more.push(message));
  for (let looks = 0; looks < 3; looks += 1) gaps(100).forEach(tell);
  t.deepEqual(more.slice(0, 10), told);
  t.deepEqual(more.slice(10), [
    'The journal of myapp is not as it was written in more places; see builds:verify myapp',
  ]);
});

test('what is told is said by the name that the plugin has', (t) => {
  const told: string[] = [];
  complain({ ...temporaryApp(t), alongside: true }, gaps(1), (message) => told.push(message));
  t.deepEqual(told, ['The journal of myapp lacks event 1; see builds-journal:verify myapp']);
});

test('a write that was cut off is told of at the end of a journal at rest, and there only', (t) => {
  const builds = temporaryApp(t);
  const told: string[] = [];
  const warn = (message: string): number => told.push(message);
  complain(builds, [cutOff], warn);
  complainer(builds, warn)({ ...cutOff, tail: true });
  t.deepEqual(told, []);
  complain(builds, [{ ...cutOff, tail: true }], warn);
  t.is(told.length, 1);
});

test('what is said once is not said again, and what is new is', (t) => {
  const told: string[] = [];
  const warn = once((message) => told.push(message));
  for (const message of ['a', 'b', 'a', 'c', 'b']) warn(message);
  t.deepEqual(told, ['a', 'b', 'c']);
});
