import test from 'ava';

import type { Problem } from '../../journal/file/readJournal';
import { problemWarner, once, warnOfProblems } from '../../projections/problemWarnings';
import { temporaryApp } from './records/temporaryApp';

const cutOff: Problem = { type: 'damage', start: 7, end: 9, tail: false, cutOff: true };
const gaps = (count: number): Problem[] =>
  Array.from({ length: count }, (_, at) => ({ type: 'gap', from: 2 * at + 1, to: 2 * at + 1, start: at }));

test('of many problems the first ones are warned of, and that there are more', (t) => {
  const builds = temporaryApp(t);
  const warnings: string[] = [];
  warnOfProblems(builds, gaps(10), (message) => warnings.push(message));
  t.is(warnings.length, 10);
  t.is(warnings[9], 'The journal of myapp lacks event 19; see builds:verify myapp');

  const more: string[] = [];
  const tell = problemWarner(builds, (message) => more.push(message));
  for (let looks = 0; looks < 3; looks += 1) gaps(100).forEach(tell);
  t.deepEqual(more.slice(0, 10), warnings);
  t.deepEqual(more.slice(10), [
    'The journal of myapp is not as it was written in more places; see builds:verify myapp',
  ]);
});

test('a warning names the command as the plugin is called', (t) => {
  const warnings: string[] = [];
  warnOfProblems({ ...temporaryApp(t), mode: 'alongside' }, gaps(1), (message) => warnings.push(message));
  t.deepEqual(warnings, ['The journal of myapp lacks event 1; see builds-journal:verify myapp']);
});

test('a write that was cut off is warned of at the end of a journal at rest, and only there', (t) => {
  const builds = temporaryApp(t);
  const warnings: string[] = [];
  const warn = (message: string): number => warnings.push(message);
  warnOfProblems(builds, [cutOff], warn);
  problemWarner(builds, warn)({ ...cutOff, tail: true });
  t.deepEqual(warnings, []);
  warnOfProblems(builds, [{ ...cutOff, tail: true }], warn);
  t.is(warnings.length, 1);
});

test('a warning that was given is not given again, a new one is', (t) => {
  const warnings: string[] = [];
  const warn = once((message) => warnings.push(message));
  for (const message of ['a', 'b', 'a', 'c', 'b']) warn(message);
  t.deepEqual(warnings, ['a', 'b', 'c']);
});
