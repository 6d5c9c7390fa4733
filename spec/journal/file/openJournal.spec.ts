import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

import test, { type ExecutionContext } from 'ava';

import { JournalNotReadable, JournalNotWritten } from '../../../journal/errors';
import { closeJournal, openJournal, openJournalForAppend } from '../../../journal/file/journalFile';
import { asRoot, asUser, temporaryDirectory } from '../../temporaryHost';

const NOBODY = 65534;

test('a missing journal reads as none, and is created by an append', (t) => {
  const path = join(temporaryDirectory(t), 'events.journal');
  t.is(openJournal(path), undefined);
  t.false(existsSync(path));
  closeJournal(openJournalForAppend(path));
  t.is(statSync(path).size, 0);
  t.is(statSync(path).mode & 0o777, 0o600);
});

test('an existing journal is appended to, never emptied', (t) => {
  const path = join(temporaryDirectory(t), 'events.journal');
  writeFileSync(path, 'what is there');
  closeJournal(openJournalForAppend(path));
  t.is(readFileSync(path, 'utf8'), 'what is there');
});

test('a link is not followed, wherever it leads', (t) => {
  const directory = temporaryDirectory(t);
  const target = join(directory, 'target');
  const path = join(directory, 'events.journal');
  symlinkSync(target, path);
  refused(t, path, /symbolic link/);
  t.false(existsSync(target));
  writeFileSync(target, '');
  refused(t, path, /symbolic link/);
  t.is(statSync(target).size, 0);
});

test('a directory, a pipe and a device are refused, and not waited for', (t) => {
  const directory = temporaryDirectory(t);
  mkdirSync(join(directory, 'directory'));
  execFileSync('mkfifo', [join(directory, 'pipe')]);
  refused(t, join(directory, 'directory'), /not a regular file|directory/);
  refused(t, join(directory, 'pipe'), /not a regular file/);
  refused(t, '/dev/null', /not a regular file/);
});

test('if a journal cannot be created, the error names it', (t) => {
  const path = join(temporaryDirectory(t), 'missing', 'events.journal');
  t.throws(() => openJournalForAppend(path), {
    instanceOf: JournalNotWritten,
    message: `Cannot write ${path}: no such file or directory`,
  });
});

asRoot('without the right to, a journal is neither read nor written, and the error says so', (t) => {
  const path = join(temporaryDirectory(t), 'events.journal');
  writeFileSync(path, '', { mode: 0o600 });
  asUser(NOBODY, () => refused(t, path, /permission denied/));
  chmodSync(path, 0o644);
  asUser(NOBODY, () => {
    const journal = openJournal(path);
    if (journal) closeJournal(journal);
    t.truthy(journal);
    t.throws(() => openJournalForAppend(path), { instanceOf: JournalNotWritten, message: /permission denied/ });
  });
});

asRoot('a journal that root makes belongs to the owner of the directory', (t) => {
  const directory = temporaryDirectory(t);
  execFileSync('chown', [`${NOBODY}:${NOBODY}`, directory]);
  const path = join(directory, 'events.journal');
  closeJournal(openJournalForAppend(path));
  t.like(statSync(path), { uid: NOBODY, gid: NOBODY });
});

function refused(t: ExecutionContext, path: string, reason: RegExp): void {
  for (const [open, refusal, verb] of [
    [openJournal, JournalNotReadable, 'read'],
    [openJournalForAppend, JournalNotWritten, 'write'],
  ] as const) {
    const { message } = t.throws(() => open(path), { instanceOf: refusal });
    t.true(message.startsWith(`Cannot ${verb} ${path}: `), message);
    t.regex(message, reason);
  }
}
