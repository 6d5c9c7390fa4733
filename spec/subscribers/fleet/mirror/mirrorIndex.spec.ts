import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import test from 'ava';

import { INDEX_FILE, MirrorIndex, readIndex, writeIndex } from '../../../../subscribers/fleet/mirror/mirrorIndex';
import { runningBuild } from '../../../journal/buildEvents';
import { temporaryDirectory } from '../../../temporaryHost';
import { HOST } from '../fleetJournal';

const [IDLE, RUNNING, GAP] = ['01JHZX3M8Q4W5N6P7R8S9T0AAA', '01JHZX3M8Q4W5N6P7R8S9T0BBB', '01JHZX3M8Q4W5N6P7R8S9T0CCC'];
const of = (journal = ''): { host: string; journal: string } => ({ host: HOST, journal });

function someIndex(): MirrorIndex {
  const index = new MirrorIndex();
  index.stream = { created: 'then', last: 7, crc: 1, time: 'now' };
  Object.assign(index.journal(of(IDLE)), { branch: 1, end: 300, size: 300, seq: 2 });
  Object.assign(index.journal(of(RUNNING)), { branch: 1, seq: 1, open: [runningBuild('b1')] });
  Object.assign(index.journal(of(GAP)), { branch: 1, gap: 1 });
  index.hear(HOST, 'host', { at: 5, state: { name: 'web1' } });
  return index;
}

test('an index is read as it was written, whichever journals were asked for', (t) => {
  const directory = temporaryDirectory(t);
  writeIndex(directory, someIndex());
  const again = readIndex(directory);
  t.is(again.journal(of(IDLE)).end, 300);
  again.journal(of(IDLE)).end = 400;
  writeIndex(directory, again);
  const { stream, journals, hosts } = readIndex(directory);
  t.deepEqual(stream, someIndex().stream);
  t.deepEqual(hosts, [HOST]);
  t.deepEqual(readIndex(directory).heard(HOST, 'host'), { at: 5, state: { name: 'web1' } });
  t.deepEqual(
    journals,
    someIndex().journals.map((one) => (one.journal === IDLE ? { ...one, end: 400 } : one)),
  );
});

test('the unsettled journals are those with a build that has not ended, and those with a gap', (t) => {
  const directory = temporaryDirectory(t);
  const index = someIndex();
  writeIndex(directory, index);
  for (const one of [index, readIndex(directory)])
    t.deepEqual(
      one.unsettledJournals.map(({ journal }) => journal),
      [RUNNING, GAP],
    );
  index.journal(of(RUNNING)).open = [];
  t.deepEqual(
    index.unsettledJournals.map(({ journal }) => journal),
    [GAP],
  );
});

test('what is not an index, or one of another layout, is an empty one', (t) => {
  const directory = temporaryDirectory(t);
  t.deepEqual(readIndex(directory).hosts, []);
  for (const text of ['', '{"layout":1,"journals":{"x":{}}}', '{"layout":2,"next":']) {
    writeFileSync(join(directory, INDEX_FILE), text);
    t.deepEqual([readIndex(directory).hosts, readIndex(directory).next], [[], 1]);
  }
});
