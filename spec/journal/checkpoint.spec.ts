import {
  closeSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';

import test, { type ExecutionContext } from 'ava';

import { parseBuildId } from '../../host/dokku/names';
import type { AppBuilds } from '../../host/dokku/paths';
import { CHECKPOINT_FILE, readCheckpoint, writeCheckpoint } from '../../journal/checkpoint';
import { initialState } from '../../journal/decider';
import type { Head } from '../../journal/file/journalFile';
import type { History } from '../../journal/history';
import { loadHistory } from '../../journal/loadHistory';
import { canceled, finished, pruned, started } from './buildEvents';
import { append, temporaryApp } from '../projections/records/temporaryApp';

const past = [started('b1'), finished('b1'), started('b2'), canceled('b2'), pruned('b1'), started('b3')];

test('with a checkpoint only the events behind it are folded', (t) => {
  const builds = temporaryApp(t);
  append(builds, ...past);
  const whole = loadHistory(builds.directory);
  t.is(whole.changed, 'all');
  writeCheckpoint(builds.directory, whole);
  t.deepEqual(loadHistory(builds.directory), { ...whole, changed: new Set() });
  append(builds, finished('b3'), started('b4'), pruned('b2'));
  t.deepEqual(loadHistory(builds.directory).changed, new Set(['b3', 'b4', 'b2'].map(parseBuildId)));
  sameWithout(t, builds);
});

test('a build id such as constructor is in a checkpoint like any other', (t) => {
  const builds = temporaryApp(t);
  append(builds, ...['constructor', 'toString', 'length', '007', '12'].map((id) => started(id)));
  const whole = loadHistory(builds.directory);
  writeCheckpoint(builds.directory, whole);
  t.deepEqual(readCheckpoint(builds.directory)?.history, whole.history);
});

test('a checkpoint of another version or with other content is ignored', (t) => {
  const builds = temporaryApp(t);
  append(builds, ...past);
  const whole = loadHistory(builds.directory);
  writeCheckpoint(builds.directory, whole);
  const path = join(builds.directory, CHECKPOINT_FILE);
  const [line = ''] = readFileSync(path, 'utf8').split('\n');
  const [version, head, history] = JSON.parse(line) as [number, Head, History];
  const others: unknown[] = [
    ...[null, 7, 'x', {}, []],
    [version - 1, head, history],
    ...[null, {}, 7, { ...head, crc: 'x' }, { ...head, start: -1 }, { ...head, end: 0.5 }].map((h) => [
      version,
      h,
      history,
    ]),
    ...[null, {}, 7, [], { ...history, builds: null }, { ...history, builds: [] }, { ...history, order: {} }].map(
      (h) => [version, head, h],
    ),
  ];
  for (const other of others) {
    writeFileSync(path, sealed(other));
    t.is(readCheckpoint(builds.directory), undefined, JSON.stringify(other));
    t.deepEqual(loadHistory(builds.directory), whole);
  }
  writeFileSync(path, sealed([version, head, history]));
  t.not(readCheckpoint(builds.directory), undefined);
});

test('a checkpoint that is missing, cut at any byte, or damaged in any bit, changes no answer', (t) => {
  const builds = temporaryApp(t);
  append(builds, ...past);
  writeCheckpoint(builds.directory, loadHistory(builds.directory));
  append(builds, finished('b3'));
  const path = join(builds.directory, CHECKPOINT_FILE);
  const bytes = readFileSync(path);
  const { history, head } = loadHistory(builds.directory);
  const unchanged = (what: string): void => {
    const loaded = loadHistory(builds.directory);
    const isSame = isDeepStrictEqual([loaded.history, loaded.head], [history, head]);
    if (!isSame) t.deepEqual([loaded.history, loaded.head], [history, head], what); // takes ten times as long
  };
  // In place: to write the file anew ten thousand times would wait for the disk each time.
  const fd = openSync(path, 'r+');
  for (let bit = 0; bit < 8 * bytes.length; bit += 1) {
    const at = bit >> 3;
    writeSync(fd, Buffer.of(bytes.readUInt8(at) ^ (1 << (bit & 7))), 0, 1, at);
    unchanged(`bit ${bit}`);
    writeSync(fd, bytes, at, 1, at);
  }
  for (let cut = bytes.length - 1; cut >= 0; cut -= 1) {
    ftruncateSync(fd, cut);
    t.is(readCheckpoint(builds.directory), undefined);
    unchanged(`cut at ${cut}`);
  }
  closeSync(fd);
  rmSync(path);
  unchanged('removed');
  t.log(`${bytes.length} cuts, ${8 * bytes.length} flips`);
});

test('a checkpoint that is a link or a directory is ignored', (t) => {
  const builds = temporaryApp(t);
  append(builds, ...past);
  const whole = loadHistory(builds.directory);
  const path = join(builds.directory, CHECKPOINT_FILE);
  writeCheckpoint(builds.directory, { ...whole, history: initialState });
  const lie = readFileSync(path);
  writeFileSync(join(builds.directory, 'elsewhere'), lie);
  rmSync(path);
  symlinkSync('elsewhere', path);
  t.deepEqual(loadHistory(builds.directory), whole);
  rmSync(path);
  mkdirSync(path);
  t.deepEqual(loadHistory(builds.directory), whole);
});

test('a checkpoint of another journal is ignored', (t) => {
  const [mine, other] = [temporaryApp(t), temporaryApp(t)];
  append(other, started('x1'), finished('x1'), started('x2'));
  append(mine, ...past);
  writeCheckpoint(mine.directory, loadHistory(other.directory));
  t.is(loadHistory(mine.directory).changed, 'all');
  sameWithout(t, mine);
});

test('a checkpoint of a journal that was longer is ignored', (t) => {
  const builds = temporaryApp(t);
  append(builds, ...past.slice(0, 3));
  const journal = join(builds.directory, 'events.journal');
  const shorter = readFileSync(journal);
  append(builds, ...past.slice(3));
  writeCheckpoint(builds.directory, loadHistory(builds.directory));
  writeFileSync(journal, shorter);
  t.is(loadHistory(builds.directory).changed, 'all');
  sameWithout(t, builds);
  append(builds, finished('b2', { exitCode: 3 }), started('b9'), finished('b9')); // as long as before, and longer
  sameWithout(t, builds);
});

test('without a journal there is no history, whatever the checkpoint says', (t) => {
  const [mine, other] = [temporaryApp(t), temporaryApp(t)];
  append(other, ...past);
  writeCheckpoint(mine.directory, loadHistory(other.directory));
  t.deepEqual(loadHistory(mine.directory).history, initialState);
});

test('a checkpoint can be read by its owner only', (t) => {
  const builds = temporaryApp(t);
  append(builds, ...past);
  writeCheckpoint(builds.directory, loadHistory(builds.directory));
  t.is(statSync(join(builds.directory, CHECKPOINT_FILE)).mode & 0o777, 0o600);
});

/** The content of a checkpoint file that holds `value`. */
function sealed(value: unknown): string {
  return `${JSON.stringify(value)}\n`.repeat(2);
}

function sameWithout(t: ExecutionContext, { directory }: AppBuilds): void {
  const { history, head } = loadHistory(directory);
  rmSync(join(directory, CHECKPOINT_FILE), { force: true });
  const whole = loadHistory(directory);
  t.deepEqual([history, head], [whole.history, whole.head]);
}
