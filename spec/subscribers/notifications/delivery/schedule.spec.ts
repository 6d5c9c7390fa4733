import test from 'ava';

import { parseAppName } from '../../../../host/dokku/names';
import type { Waiting } from '../../../../subscribers/notifications/delivery/lane';
import { Schedule } from '../../../../subscribers/notifications/delivery/schedule';

const waiting = (name: string, more: Partial<Waiting> = {}): Waiting => ({
  name,
  app: parseAppName('shop'),
  target: 'receiver',
  at: 0,
  attempts: 0,
  next: 0,
  ...more,
});

/** A schedule with the lanes and what waits in them; `plugins` is in order. */
function scheduled(lanes: Readonly<Record<string, readonly Waiting[]>>): Schedule {
  const schedule = new Schedule('plugins');
  for (const [key, all] of Object.entries(lanes)) for (const one of all) schedule.add(key, one, false);
  return schedule;
}

const many = (count: number): Waiting[] => Array.from({ length: count }, (_, at) => waiting(String(at)));

/** The names of all that can be taken at `now`. */
function takeAll(schedule: Schedule, now: number): string[] {
  const names: string[] = [];
  for (let taken = schedule.take(now); taken !== undefined; taken = schedule.take(now)) names.push(taken.waiting.name);
  return names;
}

test('one of each lane is on its way at a time, the oldest first', (t) => {
  const schedule = scheduled({ a: [waiting('1'), waiting('2')], b: [waiting('3')] });
  t.deepEqual(takeAll(schedule, 0), ['1', '3']);
  schedule.finished('a');
  t.deepEqual(takeAll(schedule, 0), ['2']);
  t.is(schedule.wakeAt(), Infinity);
  schedule.finished('a');
  schedule.finished('b');
  t.is(schedule.size, 0);
});

test('of many that wait some are on their way at once, after the first was taken; for plugins always one', (t) => {
  const schedule = scheduled({ a: many(1000) });
  t.is(takeAll(schedule, 0).length, 1);
  schedule.finished('a');
  t.is(takeAll(schedule, 0).length, 8);
  const plugins = scheduled({ plugins: many(1000) });
  takeAll(plugins, 0);
  plugins.finished('plugins');
  t.deepEqual(takeAll(plugins, 0), ['1']);
});

test('after a failure the lane pauses, and only that lane; what was never tried goes first then', (t) => {
  const schedule = scheduled({ a: [waiting('1'), waiting('2')], b: [waiting('3')] });
  takeAll(schedule, 0);
  schedule.failed('a', waiting('1', { attempts: 1, next: 1000 }), { until: 1000, closedUntil: 0 });
  schedule.finished('b');
  schedule.add('b', waiting('4'), false);
  t.deepEqual(takeAll(schedule, 999), ['4']);
  t.is(schedule.wakeAt(), 1000);
  t.deepEqual(takeAll(schedule, 1000), ['2']);
  schedule.finished('a');
  t.deepEqual(takeAll(schedule, 1000), ['1']);
});

test('a lane that fails sends one at a time however many wait, and counts its failures until one is taken', (t) => {
  const schedule = scheduled({ a: many(1000) });
  takeAll(schedule, 0);
  schedule.failed('a', waiting('0', { attempts: 1, next: 5 }), { until: 5, closedUntil: 0 });
  t.is(schedule.failuresOf('a'), 1);
  t.is(takeAll(schedule, 5).length, 1);
  schedule.failed('a', waiting('1', { attempts: 1, next: 9 }), { until: 9, closedUntil: 0 });
  t.is(schedule.failuresOf('a'), 2);
  takeAll(schedule, 9);
  schedule.finished('a');
  t.is(schedule.failuresOf('a'), 0);
  t.true(takeAll(schedule, 9).length > 1);
});

test('a new event is tried during a pause, but not before the time that the receiver asked for', (t) => {
  const paused = (closedUntil: number): Schedule => {
    const schedule = scheduled({ a: [waiting('1')] });
    takeAll(schedule, 0);
    schedule.failed('a', waiting('1', { attempts: 1, next: 1000 }), { until: 1000, closedUntil });
    schedule.add('a', waiting('new'), true);
    return schedule;
  };
  t.deepEqual(takeAll(paused(0), 1), ['new']);
  t.deepEqual(takeAll(paused(500), 499), []);
  t.deepEqual(takeAll(paused(500), 500), ['new']);
});

test('after failures each lane waits for its own time, the earliest first', (t) => {
  const schedule = scheduled({
    a: [waiting('late', { attempts: 3, next: 30 }), waiting('early', { attempts: 5, next: 10 })],
  });
  t.is(schedule.wakeAt(), 10);
  t.deepEqual(takeAll(schedule, 9), []);
  t.deepEqual(takeAll(schedule, 10), ['early']);
  schedule.finished('a');
  t.deepEqual(takeAll(schedule, 29), []);
  t.deepEqual(takeAll(schedule, 30), ['late']);
});

test('messages that are not wanted any more are removed, except one that is being sent', (t) => {
  const schedule = scheduled({ a: [waiting('1'), waiting('2'), waiting('3', { attempts: 1, next: 5 })] });
  takeAll(schedule, 0);
  t.deepEqual(
    schedule.remove('a', () => true).map(({ name }) => name),
    ['2', '3'],
  );
  t.is(schedule.size, 1);
  schedule.finished('a');
  t.is(schedule.size, 0);
});

test('messages for a receiver that was replaced go to the new one at once', (t) => {
  const schedule = scheduled({ old: [waiting('1'), waiting('2')] });
  takeAll(schedule, 0);
  schedule.failed('old', waiting('1', { attempts: 9, next: 9_000_000 }), { until: 9_000_000, closedUntil: 0 });
  schedule.rearrange(() => 'new');
  t.deepEqual(takeAll(schedule, 1), ['2']);
  schedule.finished('new');
  t.deepEqual(takeAll(schedule, 1), ['1']);
});

test('every waiting message is sent once, whatever fails in between', (t) => {
  const schedule = scheduled({ a: many(5000) });
  const delivered: string[] = [];
  for (let now = 0; schedule.size > 0; now += 1) {
    const taken = schedule.take(now);
    if (taken === undefined) continue;
    const { key, waiting: one } = taken;
    if (Number(one.name) % 7 === now % 7) {
      schedule.failed(key, { ...one, attempts: 1, next: now + 3 }, { until: now + 1, closedUntil: 0 });
    } else {
      delivered.push(one.name);
      schedule.finished(key);
    }
  }
  t.is(new Set(delivered).size, 5000);
  t.is(delivered.length, 5000);
});
