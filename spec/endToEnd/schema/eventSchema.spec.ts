import test from 'ava';

import type { Sandbox } from '../../../scripts/sandbox/host';
import { APP, printedArray, recordedHost } from './recordedHost';
import { assertRefused, assertValid, distinct, type Json, misshapen, without } from './schemas';

let host: Sandbox;
let events: Json[];
test.before(async () => {
  host = await recordedHost();
  events = await printedArray(host, ['builds:events', APP, '--format', 'json']);
});
test.after.always(() => host.remove());

const needed: Readonly<Record<string, readonly string[]>> = {
  BuildStarted: ['kind', 'source', 'pid', 'started_at', 'actor'],
  BuildFinished: ['status', 'exit_code', 'cause', 'finished_at'],
  BuildCanceled: ['finished_at', 'actor'],
  Pruned: ['builds', 'reason'],
};

test('every event that the program prints is valid', (t) => {
  t.deepEqual(distinct(events, 'type'), Object.keys(needed).sort());
  t.deepEqual(distinct(events, 'adopted'), ['true', 'undefined']);
  t.deepEqual(distinct(events, 'cause'), ['abandoned', 'exit', 'undefined']);
  t.deepEqual(distinct(events, 'reason'), ['discarded', 'retention', 'undefined']);
  t.true(events.some(({ logs }) => Array.isArray(logs)));
  for (const event of events) assertValid(t, 'event', event);
});

test('the six keys of every event come first, in this order', (t) => {
  for (const event of events) {
    t.deepEqual(Object.keys(event).slice(0, 6), ['seq', 'id', 'time', 'type', 'app', 'build']);
  }
});

test('json and jsonl say the same', async (t) => {
  const { stdout } = await host.dokku(['builds:events', APP, '--format', 'jsonl']);
  t.deepEqual(
    stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Json),
    events,
  );
});

test('an event that lacks a key, has one more, or one of another form is refused', (t) => {
  for (const event of events) {
    const always = ['seq', 'id', 'time', 'type', 'app', 'build'];
    const wrong = [...without(event, [...always, ...(needed[String(event['type'])] ?? [])]), ...misshapen(event)];
    for (const [what, value] of wrong) assertRefused(t, 'event', value, what);
  }
});

test('an event that says what cannot be is refused', (t) => {
  const ofType = (type: string): Json => events.find((event) => event['type'] === type && !event['adopted']) ?? {};
  const refused: readonly [string, Json][] = [
    ['seq 0', { ...ofType('BuildStarted'), seq: 0 }],
    ['another type', { ...ofType('BuildStarted'), type: 'BuildPaused' }],
    ['an end of the type of a start', { ...ofType('BuildFinished'), type: 'BuildStarted' }],
    ['a build id that is a path', { ...ofType('BuildStarted'), build: '../other' }],
    ['a start of no build', { ...ofType('BuildStarted'), build: null }],
    ['an unknown source that is not adopted', { ...ofType('BuildStarted'), source: 'from elsewhere' }],
    ['a time without a zone', { ...ofType('BuildFinished'), finished_at: '2026-04-30T13:50:00' }],
    ['a status that is not an end', { ...ofType('BuildFinished'), status: 'running' }],
    ['an abandoned status', { ...ofType('BuildFinished'), status: 'abandoned' }],
    ['arguments of a command under a key of their own', { ...ofType('BuildCanceled'), actor: { args: 'SECRET=1' } }],
    ['a removal of nothing', { ...ofType('Pruned'), builds: [] }],
    ['a removal of one build under the key of one', { ...ofType('Pruned'), build: 'b1' }],
    ['not adopted, said so', { ...ofType('BuildFinished'), adopted: false }],
  ];
  for (const [what, value] of refused) assertRefused(t, 'event', value, what);
});
