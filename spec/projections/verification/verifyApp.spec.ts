import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';

import test from 'ava';

import type { AppBuilds } from '../../../host/dokku/paths';
import { closeJournal, type Head, JOURNAL_FILE, openJournalForAppend } from '../../../journal/file/journalFile';
import type { Deviation } from '../../../journal/file/verifyJournal';
import { adoptRecords } from '../../../projections/records/adoptRecords';
import { buildsOf } from '../../../journal/history';
import {
  CHECKPOINT_FILE,
  type Checkpoint,
  readCheckpoint,
  removeCheckpoint,
  writeCheckpoint,
} from '../../../journal/checkpoint';
import { initialState } from '../../../journal/decider';
import { encode } from '../../../journal/file/format/codec';
import { loadHistory } from '../../../journal/loadHistory';
import { replay } from '../../../projections/verification/replay';
import { verifyApp } from '../../../projections/verification/verifyApp';
import { finish, start } from '../../journal/buildCommands';
import { canceled, finished, minute, pruned, started } from '../../journal/buildEvents';
import { appendVoid, forge, rewrite } from '../../journal/file/temporaryJournal';
import { append, handle, refuseWarning, temporaryApp, testMachine, writeForeign } from '../records/temporaryApp';

const commands = [start('b1'), finish('b1'), start('b2'), finish('b2'), start('b3')];

test('a checkpoint that makes readers miss events is found, and made anew by a replay', (t) => {
  const builds = temporaryApp(t);
  handle(builds, start('b1'));
  const older = checkpointOf(builds);
  for (const command of commands.slice(1)) handle(builds, command);
  const size = readFileSync(join(builds.directory, JOURNAL_FILE)).length;
  writeCheckpoint(builds.directory, { ...older, head: { ...older.head, end: size } });
  t.is(buildsOf(loadHistory(builds.directory).history).length, 1); // it is believed
  t.regex(
    checkpointDeviations(builds).join(),
    /^the checkpoint does not match the place of event .*builds:replay rebuilds the checkpoint$/,
  );
  t.true(replay(builds, true, testMachine, () => undefined, refuseWarning)?.checkpoint);
  t.true(replay(builds, false, testMachine, () => undefined, refuseWarning)?.checkpoint);
  t.deepEqual(checkpointDeviations(builds), []);
  t.is(buildsOf(loadHistory(builds.directory).history).length, 3);
});

for (const field of ['seq', 'start', 'crc', 'readTo', 'end'] as const) {
  test(`a checkpoint with another ${field} is found, whichever event it is of`, (t) => {
    const builds = temporaryApp(t);
    for (const command of commands) {
      handle(builds, command);
      const checkpoint = checkpointOf(builds);
      append(builds, started(`x${checkpoint.head.seq}`));
      t.deepEqual(checkpointDeviations(builds), []);
      for (const by of [-1, 1]) {
        writeCheckpoint(builds.directory, moved(checkpoint, field, by));
        t.is(checkpointDeviations(builds).length, 1, `event ${checkpoint.head.seq}, ${by}`);
      }
      writeCheckpoint(builds.directory, checkpoint);
    }
  });
}

test('a checkpoint that says something else is found', (t) => {
  const builds = temporaryApp(t);
  for (const command of commands) handle(builds, command);
  const checkpoint = checkpointOf(builds);
  const [first] = buildsOf(checkpoint.history);
  if (first?.status !== 'succeeded') return t.fail();
  const changed = { ...checkpoint.history.builds, [first.id]: { ...first, exitCode: 7 } };
  const history = { ...checkpoint.history, builds: changed };
  writeCheckpoint(builds.directory, { ...checkpoint, history });
  t.regex(checkpointDeviations(builds).join(), /^the checkpoint does not agree with the events up to 5/);
});

test('a checkpoint of no event is found when it says something, or hides events', (t) => {
  const builds = temporaryApp(t);
  for (const command of commands) handle(builds, command);
  const { head, history } = checkpointOf(builds);
  const none = { seq: 0, start: 0, crc: 0, readTo: 0, end: 0 };
  for (const lie of [
    { head: none, history },
    { head: { ...none, end: head.end }, history: initialState },
  ]) {
    writeCheckpoint(builds.directory, { ...lie });
    t.is(checkpointDeviations(builds).length, 1);
  }
});

test('a checkpoint that holds something else is ignored, and said to be unreadable', (t) => {
  const builds = temporaryApp(t);
  handle(builds, start('b1'));
  const path = join(builds.directory, CHECKPOINT_FILE);
  const { head, history } = checkpointOf(builds);
  for (const stored of [
    [5],
    [4, head, history],
    ...[null, {}, 7, { ...head, crc: 'x' }, { ...head, start: -1 }].map((other) => [5, other, history]),
    ...[null, {}, 7, { builds: [] }].map((other) => [5, head, other]),
  ]) {
    const content = encode(stored);
    const crc = Buffer.alloc(4);
    crc.writeUInt32LE(crc32(content));
    writeFileSync(path, Buffer.concat([crc, content]));
    t.is(buildsOf(loadHistory(builds.directory).history).length, 1);
    t.regex(checkpointDeviations(builds).join(), /^the checkpoint cannot be read/);
  }
});

test('a checkpoint whose reader ignored frames that do not count is true', (t) => {
  const builds = temporaryApp(t);
  handle(builds, start('b1'));
  const { head } = checkpointOf(builds);
  append(builds, finished('b1'));
  const journal = openJournalForAppend(join(builds.directory, JOURNAL_FILE));
  appendVoid(journal, head, canceled('b1'), minute(1));
  const between = loadHistory(builds.directory);
  appendVoid(journal, head, canceled('b1'), minute(2));
  closeJournal(journal);
  const behind = loadHistory(builds.directory);
  append(builds, started('b2'));
  for (const { head: stoppedAt, history } of [between, behind]) {
    writeCheckpoint(builds.directory, { head: stoppedAt, history });
    t.deepEqual(checkpointDeviations(builds), []);
  }
  t.is(behind.head.seq, 2);
  t.true(behind.head.end > between.head.end);
});

test('verify says what will happen to a record that the journal does not know', (t) => {
  const builds = temporaryApp(t);
  const many = Array.from({ length: 70 }, (_, n) => `b${n}`);
  append(builds, started('lost'), ...many.flatMap((id) => [started(id), finished(id)]), pruned(...many));
  replay(builds, false, testMachine, () => undefined, refuseWarning); // makes the checkpoint
  damageFirstEvent(builds);
  for (const id of ['b0', 'b69', 'new']) writeForeign(builds, id, { status: 'canceled' });
  const before = recordDeviations(builds);
  t.is(before.length, 4);
  t.regex(before.join('\n'), /b0\.json is of a build that was pruned; the next trigger removes it/);
  t.regex(before.join('\n'), /b69\.json is of a build that was pruned; the next trigger removes it/);
  t.regex(before.join('\n'), /new\.json is not in the journal; the next command adopts it/);
  t.regex(
    before.join('\n'),
    /lost\.json is of a build that the journal has lost .* after builds:replay the next command adopts it/,
  );

  adoptRecords(builds, testMachine, () => undefined);
  const adopted = buildsOf(loadHistory(builds.directory).history).filter((build) => build.adopted);
  t.deepEqual(
    adopted.map(({ id }) => String(id)),
    ['new'],
  );
  replay(
    builds,
    false,
    testMachine,
    () => undefined,
    () => undefined,
  );
  adoptRecords(builds, testMachine, () => undefined);
  t.deepEqual(recordDeviations(builds), []);
  t.true(buildsOf(loadHistory(builds.directory).history).some((build) => build.id === 'lost' && build.adopted));
});

test('a kept head shows that the last event and its record were edited and the checkpoint was removed', (t) => {
  const builds = temporaryApp(t);
  for (const command of commands.slice(0, 4)) handle(builds, command);
  const { headDigest } = verifyApp(builds, testMachine);
  rewrite(join(builds.directory, JOURNAL_FILE), (frames) =>
    frames.map((frame, n) =>
      n < 3 ? frame : forge(frame, (fields) => [...fields.slice(0, -1), { ...(fields.at(-1) as object), exitCode: 7 }]),
    ),
  );
  removeCheckpoint(builds.directory);
  replay(builds, false, testMachine, () => undefined, refuseWarning);
  t.like(verifyApp(builds, testMachine, headDigest), { deviations: [], pinned: undefined });
  handle(builds, start('b3'));
  t.like(verifyApp(builds, testMachine, headDigest), { deviations: [], pinned: undefined });
});

function damageFirstEvent({ directory }: AppBuilds): void {
  const path = join(directory, JOURNAL_FILE);
  const bytes = readFileSync(path);
  bytes.writeUInt8(bytes.readUInt8(100) ^ 1, 100);
  writeFileSync(path, bytes);
}

function moved(checkpoint: Checkpoint, field: keyof Head, by: number): Checkpoint {
  const head = { ...checkpoint.head, [field]: checkpoint.head[field] + by };
  return { ...checkpoint, head };
}

function checkpointOf({ directory }: AppBuilds): Checkpoint {
  const checkpoint = readCheckpoint(directory);
  if (checkpoint === undefined) throw new Error('there is no checkpoint');
  return checkpoint;
}

function checkpointDeviations(builds: AppBuilds): string[] {
  return meaningsOf(builds, 'checkpoint');
}

function recordDeviations(builds: AppBuilds): string[] {
  return meaningsOf(builds, 'record');
}

function meaningsOf(builds: AppBuilds, wanted: Deviation['kind']): string[] {
  return verifyApp(builds, testMachine)
    .deviations.filter(({ kind }) => kind === wanted)
    .map(({ meaning }) => meaning);
}
