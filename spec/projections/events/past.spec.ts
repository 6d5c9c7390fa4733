import test from 'ava';
import fc from 'fast-check';

import { parseBuildId } from '../../../host/dokku/names';
import { buildOf, evolveAll, initialState } from '../../../journal/decider';
import type { BuildEvent } from '../../../journal/events';
import { buildsOf } from '../../../journal/history';
import { type PastBuild, readPast, readPastBuild } from '../../../projections/events/past';
import { canceled, EPOCH, finished, minute, pruned, reaped, started } from '../../journal/buildEvents';
import { append, refuseWarning, temporaryApp } from '../records/temporaryApp';

const ids = ['b1', 'b2', 'b3', 'b4'];
const anId = fc.constantFrom(...ids);

/** Any event at any place: a journal may have been written by somebody else. */
const anEvent: fc.Arbitrary<BuildEvent> = fc.oneof(
  { weight: 3, arbitrary: anId.map((id) => started(id)) },
  { weight: 2, arbitrary: fc.tuple(anId, fc.nat(3)).map(([id, exitCode]) => finished(id, { exitCode })) },
  anId.map((id) => reaped(id)),
  anId.map((id) => canceled(id)),
  fc
    .tuple(fc.uniqueArray(anId, { maxLength: 2 }), fc.uniqueArray(anId, { maxLength: 2 }))
    .map(([builds, logs]) => ({ ...pruned(...builds), logs: logs.map(parseBuildId) })),
);

/** The events of each build that ever was on record, in the order of their starts, and when it was pruned. */
function livesIn(events: readonly BuildEvent[]): { events: BuildEvent[]; pruned: boolean }[] {
  const lives: { events: BuildEvent[]; pruned: boolean }[] = [];
  const present = new Map<string, { events: BuildEvent[]; pruned: boolean }>();
  for (const event of events) {
    if (event.type === 'Pruned') {
      for (const id of event.builds) {
        const life = present.get(id);
        if (life !== undefined) life.pruned = true;
        present.delete(id);
      }
      for (const id of event.logs ?? []) present.get(id)?.events.push({ ...event, builds: [] });
    } else if (event.type !== 'BuildStarted') {
      present.get(event.build)?.events.push(event);
    } else if (!present.has(event.build)) {
      const life = { events: [event], pruned: false };
      lives.push(life);
      present.set(event.build, life);
    }
  }
  return lives;
}

test('all builds that ever were on record come backwards, as they ended', (t) => {
  fc.assert(
    fc.property(fc.array(anEvent, { maxLength: 30 }), (events) => {
      const builds = temporaryApp(t);
      append(builds, ...events);
      const past = [...readPast(builds, undefined, refuseWarning)];
      const expected = livesIn(events).reverse();
      t.deepEqual(
        past.map(({ build, pruning }) => ({ build, pruned: pruning !== undefined })),
        expected.map((life) => ({ build: buildOf(life.events), pruned: life.pruned })),
      );
      const present = past.filter(({ pruning }) => pruning === undefined).map(({ build }) => build);
      t.deepEqual(present.reverse(), buildsOf(evolveAll(initialState, events)));
      for (const id of ids)
        t.deepEqual(readPastBuild(builds, parseBuildId(id), undefined, refuseWarning), last(past, id));
    }),
    { numRuns: 100 },
  );
});

/** What is on record wins over what was pruned; of two that were pruned, the later one. */
function last(past: readonly PastBuild[], id: string): PastBuild | undefined {
  return past.find(({ build }) => build.id === id);
}

test('the state at a time contains nothing that was written later', (t) => {
  const builds = temporaryApp(t);
  append(builds, started('b1'), finished('b1'), started('b2'), pruned('b1'), finished('b2'));
  const at = (minutes: number): string[] =>
    [...readPast(builds, minute(minutes), refuseWarning)].map(
      ({ build, pruning }) => `${build.id} ${build.status}${pruning ? ' pruned' : ''}`,
    );
  t.deepEqual(at(2), ['b2 running', 'b1 succeeded']);
  t.deepEqual(at(3), ['b2 running', 'b1 succeeded pruned']);
  t.deepEqual([...readPast(builds, EPOCH - 1, refuseWarning)], []);
});
