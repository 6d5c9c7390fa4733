import test from 'ava';

import { parseBuildId } from '../../../host/dokku/names';
import { type ListFilter, listOfApp, matches } from '../../../projections/lists/listView';
import { asShown, type ShownBuild } from '../../../projections/records/record';

const at = (minute: number): number => Date.UTC(2026, 3, 30, 13, minute);

function ended(id: string, minute: number, source: string, exitCode: number): ShownBuild {
  const build = {
    id: parseBuildId(id),
    kind: 'build',
    source,
    process: { pid: 1 },
    startedAt: new Date(at(minute)).toISOString(),
    finishedAt: new Date(at(minute + 1)).toISOString(),
    actor: {},
    adopted: false,
    status: exitCode === 0 ? 'succeeded' : 'failed',
    exitCode,
    cause: 'exit',
  } as const;
  return asShown(build, at(59), () => false);
}

const seen = [
  ended('b1', 10, 'git-hook', 0),
  ended('b2', 20, 'git:sync', 1),
  ended('b3', 30, 'from-the-future', 0),
  ended('b4', 40, 'git-hook', 2),
];
const ids = (filter: ListFilter): string[] => listOfApp(seen, filter, 1).map(({ build }) => String(build.id));

test('several statuses and sources are any of them; different filters are all of them', (t) => {
  t.deepEqual(ids({ statuses: ['failed'] }), ['b4', 'b2']);
  t.deepEqual(ids({ statuses: ['failed', 'succeeded'] }), ['b4', 'b3', 'b2', 'b1']);
  t.deepEqual(ids({ sources: ['git-hook', 'from-the-future'] }), ['b4', 'b3', 'b1']);
  t.deepEqual(ids({ sources: ['git-hook'], statuses: ['failed'] }), ['b4']);
});

test('an interval is about starts, and holds both its ends', (t) => {
  t.deepEqual(ids({ since: at(20) }), ['b4', 'b3', 'b2']);
  t.deepEqual(ids({ until: at(30) }), ['b3', 'b2', 'b1']);
  t.deepEqual(ids({ since: at(20), until: at(20) }), ['b2']);
  t.deepEqual(ids({ since: at(41) }), []);
});

test('a filter of undefined values filters nothing, and the retention ends the list', (t) => {
  t.deepEqual(ids({ kind: undefined, statuses: undefined, since: undefined }), ['b4']);
  t.true(seen.every((one) => matches(one, {})));
});
