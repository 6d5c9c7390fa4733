import { appendFileSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import test, { type ExecutionContext } from 'ava';

import { parseBuildId } from '../../../host/dokku/names';
import {
  addNote,
  type Note,
  notedBuilds,
  notesPath,
  readNotes,
  removeNotes,
} from '../../../projections/conclusions/notes';
import { temporaryDirectory } from '../../temporaryHost';

const b1 = parseBuildId('b1');
const revision = '0123456789abcdef0123456789abcdef01234567';
const other = 'fedcba9876543210fedcba9876543210fedcba98';
const NONE = { deployed: false, cancelers: [] };
const alice = { user: 'dokku', key: 'alice', command: 'builds:cancel' };

test('a build that nobody has said anything of has no notes', (t) => {
  t.deepEqual(readNotes(temporaryDirectory(t), b1), NONE);
  t.deepEqual(readNotes('/nowhere/at/all', b1), NONE);
  t.deepEqual(notedBuilds('/nowhere/at/all'), []);
});

test('notes about a build are read back', (t) => {
  const directory = noted(t, { type: 'revision', revision });
  t.deepEqual(readNotes(directory, b1), { ...NONE, revision });
  addNote(directory, b1, { type: 'cancel', actor: alice, signal: 'SIGQUIT', by: 7 });
  t.deepEqual(readNotes(directory, b1), {
    deployed: false,
    revision,
    cancel: { actor: alice, signal: 'SIGQUIT' },
    cancelers: [7],
  });
  addNote(directory, b1, { type: 'deployed' });
  t.deepEqual(readNotes(directory, b1), {
    deployed: true,
    revision,
    cancel: { actor: alice, signal: 'SIGQUIT' },
    cancelers: [7],
  });
});

test('the notes of one build are not those of another', (t) => {
  const directory = noted(t, { type: 'deployed' });
  const b2 = parseBuildId('b2');
  addNote(directory, b2, { type: 'revision', revision });
  t.deepEqual(readNotes(directory, b1), { ...NONE, deployed: true });
  t.deepEqual(readNotes(directory, b2), { ...NONE, revision });
  t.deepEqual(notedBuilds(directory).sort(), [b1, b2]);
  removeNotes(directory, b1);
  removeNotes(directory, b1);
  t.deepEqual(notedBuilds(directory), [b2]);
  t.deepEqual(readNotes(directory, b1), NONE);
});

test('of two notes of a kind the later one counts', (t) => {
  const directory = noted(
    t,
    { type: 'revision', revision },
    { type: 'revision', revision: other },
    { type: 'cancel', actor: { user: 'first' }, signal: 'SIGQUIT', by: 7 },
    { type: 'cancel', actor: alice, signal: 'SIGKILL', by: 8 },
  );
  t.deepEqual(readNotes(directory, b1), {
    deployed: false,
    revision: other,
    cancel: { actor: alice, signal: 'SIGKILL' },
    cancelers: [7, 8],
  });
});

test('a cancel that did not end the build is not a cancel, one that comes after it is', (t) => {
  const directory = noted(
    t,
    { type: 'revision', revision },
    { type: 'cancel', actor: alice, signal: 'SIGQUIT', by: 7 },
  );
  addNote(directory, b1, { type: 'cancel-failed' });
  t.deepEqual(readNotes(directory, b1), { ...NONE, revision });
  addNote(directory, b1, { type: 'cancel', actor: alice, signal: 'SIGKILL', by: 8 });
  const cancel = { actor: alice, signal: 'SIGKILL' };
  t.deepEqual(readNotes(directory, b1), { deployed: false, revision, cancel, cancelers: [8] });
});

test('a line that was cut off at any byte says nothing, and the lines around it count', (t) => {
  const cancel: Note = { type: 'cancel', actor: alice, signal: 'SIGTERM', by: 7 };
  const directory = noted(t, { type: 'deployed' }, cancel);
  const path = notesPath(directory, b1);
  const bytes = readFileSync(path);
  const first = bytes.indexOf('\n', 1) + 1;
  for (let cut = first; cut < bytes.length - 1; cut += 1) {
    writeFileSync(path, bytes.subarray(0, cut));
    t.deepEqual(readNotes(directory, b1), { ...NONE, deployed: true }, `cut at ${cut}`);
    addNote(directory, b1, { type: 'revision', revision });
    t.deepEqual(readNotes(directory, b1), { ...NONE, deployed: true, revision }, `cut at ${cut}, and then a note`);
  }
});

test('lines of another form are ignored', (t) => {
  const directory = noted(t);
  const path = notesPath(directory, b1);
  const lines = [
    '',
    'null',
    '7',
    '[]',
    '"deployed"',
    '{}',
    '{"type":"succeeded"}',
    '{"type":["deployed"]}',
    '{"type":"__proto__"}',
    '{"__proto__":{"type":"deployed"}}',
    '{"type":"revision"}',
    '{"type":"revision","revision":7}',
    '{"type":"revision","revision":"HEAD; rm -rf /"}',
    `{"type":"revision","revision":"${revision.toUpperCase()}"}`,
    `{"type":"revision","revision":"${revision}0"}`,
    '{"type":"cancel"}',
    '{"type":"cancel","signal":"SIGQUIT"}',
    '{"type":"cancel","signal":"SIGQUIT","actor":null}',
    '{"type":"cancel","signal":"SIGQUIT","actor":"alice"}',
    '{"type":"cancel","signal":"SIGQUIT","actor":[7]}',
    '{"type":"cancel","signal":"SIGQUIT","actor":{"user":7}}',
    '{"type":"cancel","signal":"SIGQUIT","actor":{"password":"x"}}',
    '{"type":"cancel","signal":3,"actor":{}}',
    '{"type":"cancel","signal":"SIGQUIT","actor":{},"by":"7"}',
    `{"type":"cancel","signal":"${'SIG'.repeat(100)}","actor":{}}`,
    `{"type":"cancel","signal":"SIGQUIT","actor":{"user":"${'x'.repeat(5000)}"}}`,
    '\0'.repeat(100),
    '{"type":"deployed"} and more',
  ];
  for (const line of lines) {
    writeFileSync(path, `${line}\n`);
    t.deepEqual(readNotes(directory, b1), NONE, line);
  }
  writeFileSync(path, `${lines.join('\n')}\n`);
  addNote(directory, b1, { type: 'deployed' });
  t.deepEqual(readNotes(directory, b1), { ...NONE, deployed: true });
});

test('notes that are too long, a link or a directory are ignored at once', (t) => {
  const directory = noted(t, { type: 'deployed' });
  const path = notesPath(directory, b1);
  appendFileSync(path, '\n'.repeat(64 * 1024));
  t.deepEqual(readNotes(directory, b1), NONE);
  const elsewhere = join(directory, 'elsewhere');
  writeFileSync(elsewhere, '{"type":"deployed"}\n');
  symlinkSync(elsewhere, notesPath(directory, parseBuildId('link')));
  mkdirSync(notesPath(directory, parseBuildId('directory')));
  for (const id of ['link', 'directory'].map(parseBuildId)) {
    t.deepEqual(readNotes(directory, id), NONE);
    t.throws(() => addNote(directory, id, { type: 'deployed' }));
  }
  t.is(readFileSync(elsewhere, 'utf8'), '{"type":"deployed"}\n');
});

test('notes can be read by their owner only, and names that no build has are ignored', (t) => {
  const directory = noted(t, { type: 'deployed' });
  const path = notesPath(directory, b1);
  t.deepEqual([statSync(path).mode & 0o777, statSync(dirname(path)).mode & 0o777], [0o600, 0o700]);
  for (const name of ['.hidden', 'a b', '-x', '..x']) writeFileSync(join(dirname(path), name), '');
  t.deepEqual(notedBuilds(directory), [b1]);
  t.deepEqual(readdirSync(directory), ['.notes']);
});

/** An app's directory with these notes about b1, or with an empty file of notes. */
function noted(t: ExecutionContext, ...notes: Note[]): string {
  const directory = temporaryDirectory(t);
  for (const note of notes) addNote(directory, b1, note);
  if (notes.length === 0) {
    mkdirSync(dirname(notesPath(directory, b1)));
    writeFileSync(notesPath(directory, b1), '');
  }
  return directory;
}
