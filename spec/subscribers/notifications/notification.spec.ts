import test from 'ava';

import { parseAppName } from '../../../host/dokku/names';
import type { BuildEvent } from '../../../journal/events';
import { evolveAll, initialState } from '../../../journal/decider';
import { type InferredEnd, notificationOf } from '../../../subscribers/notifications/notification';
import { InferredEnds } from '../../../subscribers/notifications/queue/inferredEnds';
import { canceled, deployed, EPOCH, finished, logsPruned, pruned, reaped, started } from '../../journal/buildEvents';

const app = parseAppName('shop');

const failed = (build: string) => finished(build, { status: 'failed', exitCode: 3 });

/** The notification of the last of these events. */
function told(events: BuildEvent[], at = events.length - 1, corrects?: InferredEnd) {
  const history = evolveAll(initialState, events);
  const event = events[at];
  if (event === undefined) throw new Error('no event');
  return notificationOf(app, { seq: at + 1, id: 'ID', at: EPOCH, schema: 1, event }, history, corrects);
}

test('a notification says what the build was like right after the event, whatever has happened since', (t) => {
  const events = [started('b1'), failed('b1')];
  t.like(told(events, 0), { on: 'started', status: 'running', record: { status: 'running' } });
  t.is(told(events, 0).record?.finished_at, undefined);
  t.like(told(events), { on: 'failed', status: 'failed', record: { status: 'failed' } });
});

test('an end that was concluded says how, and a report that corrects it says what stood there before', (t) => {
  const concluded = told([started('b1'), deployed('b1')]);
  t.is(concluded.on, 'succeeded');
  t.regex(
    concluded.text,
    /^shop: build b1 succeeded after \S+ \(ended without reporting; Dokku had announced the deployment\)$/,
  );
  const corrects = { status: 'succeeded', cause: 'deployed' } as const;
  const corrected = told([started('b1'), deployed('b1'), failed('b1')], 2, corrects);
  t.deepEqual(corrected.corrects, corrects);
  t.regex(
    corrected.text,
    /^shop: build b1 failed with exit code \d+ after \S+ \(reported now; recorded before as succeeded: ended without reporting; Dokku had announced the deployment\)$/,
  );
});

test('the ends that were concluded are remembered until they are reported, and survive being stored', (t) => {
  const ends = new InferredEnds();
  t.is(ends.add(reaped('b1')), undefined);
  t.is(ends.add(failed('b2')), undefined);
  const stored = new InferredEnds(JSON.parse(JSON.stringify(ends.toJson())));
  t.deepEqual(stored.add(finished('b1')), { status: 'failed', cause: 'abandoned' });
  t.is(stored.add(finished('b1')), undefined);
  for (const junk of [null, 7, 'x', {}, [[]], [['b1', 'lost', 'deployed']], [['../x', 'failed', 'abandoned']]])
    t.deepEqual(new InferredEnds(junk).toJson(), []);
});

test('only so many ends are remembered', (t) => {
  const ends = new InferredEnds();
  for (let n = 0; n < 1000; n += 1) ends.add(reaped(`b${n}`));
  t.is((ends.toJson() as unknown[]).length, 64);
  t.truthy(ends.add(finished('b999')));
  t.is(ends.add(finished('b1')), undefined);
});

test('a cancel is about who canceled, and tells who deployed', (t) => {
  const { text, actor, status } = told([started('b1'), canceled('b1')]);
  t.regex(text, /^shop: build b1 was canceled/);
  t.deepEqual(actor, started('b1').actor);
  t.is(status, 'canceled');
});

test('builds and logs that were removed are counted, or named if there is one', (t) => {
  const sentence = (event: BuildEvent) => told([started('b1'), finished('b1'), event]).text;
  t.is(sentence(pruned('b1')), 'shop: build b1 was removed (retention)');
  t.is(sentence(logsPruned('b1')), 'shop: the log of build b1 was removed (retention)');
  t.is(
    sentence({ ...pruned('b1', 'b2'), ...{ logs: logsPruned('b3', 'b4').logs ?? [] } }),
    'shop: 2 builds and the logs of 2 builds were removed (retention)',
  );
});
