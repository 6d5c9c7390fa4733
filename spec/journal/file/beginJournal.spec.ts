import fs, { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import test, { type ExecutionContext } from 'ava';

import { JournalNotWritten } from '../../../journal/errors';
import { beginJournal } from '../../../journal/file/beginJournal';
import {
  closeJournal,
  JOURNAL_FILE,
  openJournalForAppend,
  syncJournal,
  withJournal,
} from '../../../journal/file/journalFile';
import { verifyJournal } from '../../../journal/file/verifyJournal';
import { asRoot, asUser, temporaryDirectory } from '../../temporaryHost';
import { machine } from '../../host/system/machine';
import { finished, minute, started } from '../buildEvents';
import { appendAll, readAll } from './temporaryJournal';

const NOBODY = 65534;
const events = [started('b1'), finished('b1'), started('b2')];

test('a journal begins with several events as if they had been appended, and is appended to', (t) => {
  const path = join(temporaryDirectory(t), JOURNAL_FILE);
  const begun = begin(path);
  t.is(statSync(path).mode & 0o777, 0o600);
  t.is(statSync(path).nlink, 1);
  const journal = openJournalForAppend(path);
  t.teardown(() => closeJournal(journal));
  const read = readAll(journal);
  t.deepEqual([read.events, read.problems, read.head], [begun?.recorded, [], begun?.head] as never);
  appendAll(journal, [finished('b2')]);
  const { events: count, voidFrames, deviations } = verifyJournal(journal, () => undefined);
  t.deepEqual({ count, voidFrames, deviations }, { count: 4, voidFrames: 0, deviations: [] });
});

test('an existing journal is not begun again, and stays as it is', (t) => {
  const directory = temporaryDirectory(t);
  const path = join(directory, JOURNAL_FILE);
  writeFileSync(path, 'of another process');
  t.is(begin(path), undefined);
  t.is(readFileSync(path, 'utf8'), 'of another process');
  t.deepEqual(readdirSync(directory), [JOURNAL_FILE]);
});

test.serial('all events are on disk under the name of the journal before the call returns', (t) => {
  const directory = join(temporaryDirectory(t), 'app');
  mkdirSync(directory);
  const order = watchFiles(t);
  begin(join(directory, JOURNAL_FILE));
  // the directory above, the file, its directory; the second name goes when the first is on disk
  t.deepEqual(order, ['sync', 'write', 'sync', 'link', 'sync', 'unlink']);
});

test.serial('nothing is synced alone for a caller that syncs everything afterwards', (t) => {
  const path = join(temporaryDirectory(t), JOURNAL_FILE);
  const order = watchFiles(t);
  const work: (() => void)[] = [];
  begin(path, { ...machine(minute(1)), afterSync: (one) => work.push(one) });
  t.deepEqual(order, ['write', 'link']);
  for (const one of work) one();
  t.deepEqual(order, ['write', 'link', 'unlink']);
});

test.serial('what is appended to a journal whose name may not be on disk is on disk under that name', (t) => {
  const directory = join(temporaryDirectory(t), 'app');
  mkdirSync(directory);
  const path = join(directory, JOURNAL_FILE);
  const work: (() => void)[] = [];
  begin(path, { ...machine(minute(1)), afterSync: (one) => work.push(one) });
  const journal = openJournalForAppend(path);
  t.teardown(() => closeJournal(journal));
  appendAll(journal, [finished('b2')]);
  const order = watchFiles(t);
  syncJournal(journal);
  t.deepEqual(order, ['sync', 'sync']); // the directory, the one above
  for (const one of work) one();
  syncJournal(journal);
  t.deepEqual(order, ['sync', 'sync', 'unlink']);
});

test.serial('on a file system without hard links no journal is begun, and no file is left', (t) => {
  const directory = temporaryDirectory(t);
  failLinks(t, 'EPERM');
  t.is(begin(join(directory, JOURNAL_FILE)), undefined);
  t.deepEqual(readdirSync(directory), []);
});

test.serial('an error on the way is thrown, and no file is left', (t) => {
  const directory = temporaryDirectory(t);
  failLinks(t, 'EIO');
  t.throws(() => begin(join(directory, JOURNAL_FILE)), { instanceOf: JournalNotWritten, message: /refused/ });
  t.deepEqual(readdirSync(directory), []);
});

asRoot('a directory that cannot be written is said to be', (t) => {
  const directory = temporaryDirectory(t);
  chmodSync(directory, 0o555);
  asUser(NOBODY, () =>
    t.throws(() => begin(join(directory, JOURNAL_FILE)), {
      instanceOf: JournalNotWritten,
      message: /permission denied/,
    }),
  );
});

test('an event that no reader could parse is not written', (t) => {
  const path = join(temporaryDirectory(t), JOURNAL_FILE);
  const wrong = { ...started('b1'), startedAt: 'yesterday' };
  t.throws(() => beginJournal(path, [wrong], machine(minute(0))), { instanceOf: JournalNotWritten });
  t.is(
    withJournal(path, () => true),
    undefined,
  );
});

function begin(path: string, system = machine(minute(1))): ReturnType<typeof beginJournal> {
  return beginJournal(path, events, system);
}

/** What is done to files from now on, in order. */
function watchFiles(t: ExecutionContext): string[] {
  const order: string[] = [];
  const { writeSync, fsyncSync, linkSync, unlinkSync } = fs;
  const before = { writeSync, fsyncSync, linkSync, unlinkSync };
  t.teardown(() => Object.assign(fs, before));
  const names = { writeSync: 'write', fsyncSync: 'sync', linkSync: 'link', unlinkSync: 'unlink' };
  for (const [call, name] of Object.entries(names)) {
    const real = before[call as keyof typeof before] as (...args: unknown[]) => unknown;
    Object.assign(fs, {
      [call]: (...args: unknown[]): unknown => {
        order.push(name);
        return real(...args);
      },
    });
  }
  return order;
}

function failLinks(t: ExecutionContext, code: string): void {
  const { linkSync } = fs;
  t.teardown(() => Object.assign(fs, { linkSync }));
  Object.assign(fs, {
    linkSync: () => {
      throw Object.assign(new Error(`${code}: refused, link`), { code });
    },
  });
}
