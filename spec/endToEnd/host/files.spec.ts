import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import fs, {
  chownSync,
  closeSync,
  existsSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { basename, join, relative } from 'node:path';

import test from 'ava';

import { Failure } from '../../../host/failure';
import { makeDirectory, removeFile } from '../../../host/files/files';
import { readSmallFile } from '../../../host/files/openFile';
import { replaceFile, staleTemporaryFiles } from '../../../host/files/replaceFile';
import { type System, thisSystem } from '../../../host/system/system';
import { asRoot, asUser, temporaryDirectory } from '../../temporaryHost';

const durable = { mode: 0o644, durable: true };
const nobodyLives: Pick<System, 'now' | 'isAlive'> = { now: Date.now, isAlive: () => false };

test('a file is made, and replaced, with exactly the mode asked for', (t) => {
  const directory = temporaryDirectory(t);
  const path = join(directory, 'b1.json');
  const umask = process.umask(0o077);
  try {
    replaceFile(path, 'old', { mode: 0o600, durable: false });
    t.is(statSync(path).mode & 0o7777, 0o600);
    replaceFile(path, new Uint8Array([0x6e, 0x65, 0x77]), durable);
  } finally {
    process.umask(umask);
  }
  t.is(statSync(path).mode & 0o7777, 0o644);
  t.is(readFileSync(path, 'utf8'), 'new');
  t.deepEqual(readdirSync(directory), ['b1.json']);
});

test('a reader that has the old file open goes on reading the old content', (t) => {
  const path = join(temporaryDirectory(t), 'b1.json');
  replaceFile(path, 'old', durable);
  const fd = openSync(path, 'r');
  replaceFile(path, 'new and longer', durable);
  t.is(readFileSync(fd, 'utf8'), 'old');
  closeSync(fd);
});

test('a link is replaced, and what it points to is left alone', (t) => {
  const directory = temporaryDirectory(t);
  const target = join(directory, 'target');
  const path = join(directory, 'b1.json');
  writeFileSync(target, 'theirs');
  symlinkSync(target, path);
  replaceFile(path, 'ours', durable);
  t.is(readFileSync(target, 'utf8'), 'theirs');
  t.true(lstatSync(path).isFile());
});

test('when the file cannot be put in place, the error is the system’s and no temporary file stays', (t) => {
  const directory = temporaryDirectory(t);
  const path = join(directory, 'b1.json');
  mkdirSync(path);
  t.throws(() => replaceFile(path, 'new', durable), { code: 'EISDIR' });
  t.deepEqual(readdirSync(directory), ['b1.json']);
  t.throws(() => replaceFile(join(directory, 'missing', 'b1.json'), 'new', durable), { code: 'ENOENT' });
});

test('when the content does not fit, the old file stays whole and no temporary file stays', (t) => {
  const directory = temporaryDirectory(t);
  const path = join(directory, 'b1.json');
  writeFileSync(path, 'old');
  const program = `
    const { replaceFile } = require(${JSON.stringify(join(__dirname, '../../../host/files/replaceFile'))});
    try { replaceFile(process.argv[1], 'x'.repeat(100_000), { mode: 0o644, durable: true }); }
    catch (error) { process.stdout.write(error.code); }`;
  const limited = ['-c', 'ulimit -f 16; exec "$0" "$@"', process.execPath];
  const result = spawnSync('bash', [...limited, '-r', 'ts-node/register/transpile-only', '-e', program, path], {
    encoding: 'utf8',
    cwd: join(__dirname, '../../..'),
  });
  t.is(result.stdout, 'EFBIG', result.stderr);
  t.is(readFileSync(path, 'utf8'), 'old');
  t.deepEqual(readdirSync(directory), ['b1.json']);
});

test.serial('a temporary file names its process, and no reader takes it for another file', (t) => {
  const directory = temporaryDirectory(t);
  const { renameSync: rename } = fs;
  t.teardown(() => Object.assign(fs, { renameSync: rename }));
  let name = '';
  const renameAndNote = (from: string, to: string): void => {
    name = relative(directory, from);
    rename(from, to);
  };
  Object.assign(fs, { renameSync: renameAndNote });
  replaceFile(join(directory, 'b1.json'), '{}', durable);
  t.regex(name, new RegExp(`^\\.b1\\.json\\.${process.pid}-\\d+\\.tmp$`));
  writeFileSync(join(directory, name), '');
  t.deepEqual(staleTemporaryFiles(directory, [name], nobodyLives), [join(directory, name)]);
});

test('a temporary file that an earlier process with our pid left is not in the way', (t) => {
  const directory = temporaryDirectory(t);
  for (let n = 1; n <= 200; n++) writeFileSync(join(directory, `.b1.json.${process.pid}-${n}.tmp`), 'debris');
  replaceFile(join(directory, 'b1.json'), 'new', durable);
  t.is(readFileSync(join(directory, 'b1.json'), 'utf8'), 'new');
  t.is(readdirSync(directory).length, 201);
});

test('of the temporary files those of ended processes are stale', async (t) => {
  const directory = temporaryDirectory(t);
  const ended = spawn('true');
  await once(ended, 'exit');
  const stale = `.b1.json.${ended.pid}-1.tmp`;
  const names = [stale, `.b1.json.${process.pid}-1.tmp`, 'b1.json', 'events.journal', `b1.${ended.pid}-1.tmp`, '.tmp'];
  for (const name of names) writeFileSync(join(directory, name), '');
  t.deepEqual(staleTemporaryFiles(directory, names, thisSystem), [join(directory, stale)]);
});

test('a temporary file that is older than any write takes is stale, whoever has the pid of its writer now', (t) => {
  const directory = temporaryDirectory(t);
  const minutes = { '.new.1-1.tmp': 0, '.young.1-1.tmp': 50, '.old.1-1.tmp': 70, '.older.1-1.tmp': 2 * 24 * 60 };
  for (const [name, age] of Object.entries(minutes)) {
    writeFileSync(join(directory, name), '');
    const changed = Date.now() / 1000 - age * 60;
    utimesSync(join(directory, name), changed, changed);
  }
  const staleAt = (now: () => number): string[] =>
    staleTemporaryFiles(directory, Object.keys(minutes), { now, isAlive: () => true }).map((path) => basename(path));
  t.deepEqual(staleAt(Date.now), ['.old.1-1.tmp', '.older.1-1.tmp']);
  t.deepEqual(
    staleAt(() => Date.now() + 20 * 60_000),
    ['.young.1-1.tmp', '.old.1-1.tmp', '.older.1-1.tmp'],
  );
});

test('a file that is gone already, or a directory, is not a stale temporary file', (t) => {
  const directory = temporaryDirectory(t);
  mkdirSync(join(directory, '.b1.json.1-1.tmp'));
  t.deepEqual(staleTemporaryFiles(directory, ['.b1.json.1-1.tmp', '.gone.1-1.tmp'], nobodyLives), []);
});

test('a small file is read whole, up to the limit and not beyond', (t) => {
  const path = join(temporaryDirectory(t), 'b1.json');
  t.is(readSmallFile(path, 10), undefined);
  writeFileSync(path, '');
  t.is(readSmallFile(path, 10), '');
  writeFileSync(path, '0123456789');
  t.is(readSmallFile(path, 10), '0123456789');
  const error = t.throws(() => readSmallFile(path, 9), { instanceOf: Failure });
  t.is(error.message, `${path} is larger than 9 bytes`);
  truncateSync(path, 2 ** 40); // not even room for it is made
  t.throws(() => readSmallFile(path, 9), { instanceOf: Failure });
});

test('a file that says its size is 0 is read whole, or refused', (t) => {
  const expected = readFileSync('/proc/self/limits', 'utf8');
  t.is(statSync('/proc/self/limits').size, 0);
  t.is(readSmallFile('/proc/self/limits', 64 * 1024), expected);
  t.throws(() => readSmallFile('/proc/self/limits', 100), { message: /larger than 100 bytes/ });
});

test('a file that is not regular is refused with a sentence, and not waited for', async (t) => {
  const directory = temporaryDirectory(t);
  const file = join(directory, 'file');
  const link = join(directory, 'link');
  const pipe = join(directory, 'pipe');
  const socket = join(directory, 'socket');
  writeFileSync(file, 'secret');
  symlinkSync(file, link);
  spawnSync('mkfifo', [pipe]);
  const server = createServer().listen(socket);
  await once(server, 'listening');
  t.teardown(() => server.close());

  const refusal = (path: string) => t.throws(() => readSmallFile(path, 100), { instanceOf: Failure }).message;
  t.is(refusal(link), `${link} is a symbolic link, which is not followed`);
  for (const path of [directory, pipe, socket, '/dev/zero']) t.is(refusal(path), `${path} is not a regular file`);
});

test('other errors of reading are the system’s', (t) => {
  const path = join(temporaryDirectory(t), 'file');
  writeFileSync(path, '');
  t.throws(() => readSmallFile(join(path, 'below'), 100), { code: 'ENOTDIR' });
});

test('removing tells whether there was anything', (t) => {
  const directory = temporaryDirectory(t);
  const path = join(directory, 'file');
  writeFileSync(path, '');
  t.true(removeFile(path));
  t.false(existsSync(path));
  t.false(removeFile(path));
  t.throws(() => removeFile(join(directory)), { message: /E(ISDIR|PERM)/ });
});

test('directories are made as deep as needed, with the mode asked for whatever the umask is', (t) => {
  const directory = temporaryDirectory(t);
  const umask = process.umask(0o077);
  try {
    makeDirectory(join(directory, 'a', 'b', 'c'));
    makeDirectory(join(directory, 'private'), 0o700);
  } finally {
    process.umask(umask);
  }
  const mode = (...path: string[]) => statSync(join(directory, ...path)).mode & 0o7777;
  t.deepEqual([mode('a'), mode('a', 'b'), mode('a', 'b', 'c')], [0o755, 0o755, 0o755]);
  t.is(mode('private'), 0o700);
});

test.serial('a directory that others make at the same time is made all the same', (t) => {
  const { mkdirSync: make } = fs;
  t.teardown(() => Object.assign(fs, { mkdirSync: make }));
  for (const meanwhile of ['the parent', 'all of it', 'nothing']) {
    const directory = temporaryDirectory(t);
    const path = join(directory, 'a', 'b');
    const lateForTheFirst = (...args: Parameters<typeof make>): unknown => {
      try {
        return make(...args);
      } finally {
        Object.assign(fs, { mkdirSync: make });
        if (meanwhile === 'the parent') make(join(directory, 'a'));
        if (meanwhile === 'all of it') make(path, { recursive: true });
      }
    };
    Object.assign(fs, { mkdirSync: lateForTheFirst });
    makeDirectory(path);
    t.true(statSync(path).isDirectory(), meanwhile);
  }
});

test('a directory that exists, or a link to one, stays as it is', (t) => {
  const directory = temporaryDirectory(t);
  mkdirSync(join(directory, 'a'), 0o700);
  symlinkSync('a', join(directory, 'link'));
  makeDirectory(join(directory, 'a'));
  makeDirectory(join(directory, 'link'));
  t.is(statSync(join(directory, 'a')).mode & 0o7777, 0o700);
});

test('a directory that cannot be made is an error that names it', (t) => {
  const directory = temporaryDirectory(t);
  const file = join(directory, 'file');
  const dangling = join(directory, 'dangling');
  writeFileSync(file, '');
  symlinkSync('nowhere', dangling);
  t.throws(() => makeDirectory(file), { code: 'EEXIST', message: new RegExp(file) });
  t.throws(() => makeDirectory(join(file, 'below')), { code: 'ENOTDIR', message: new RegExp(file) });
  t.throws(() => makeDirectory(join(dangling, 'below')), { code: 'EEXIST', message: new RegExp(dangling) });
  t.throws(() => makeDirectory(''), { code: 'ENOENT' });
});

asRoot('what root makes belongs to whom the directory belongs', (t) => {
  const directory = temporaryDirectory(t);
  chownSync(directory, 65534, 65533);
  const file = join(directory, 'a', 'b', 'file');
  makeDirectory(join(directory, 'a', 'b'));
  replaceFile(file, 'content', { mode: 0o600, durable: false });
  for (const path of [join(directory, 'a'), join(directory, 'a', 'b'), file]) {
    const { uid, gid } = statSync(path);
    t.deepEqual([uid, gid], [65534, 65533], path);
  }
  t.is(statSync(file).mode & 0o7777, 0o600);
  asUser(65534, () => replaceFile(file, 'again', { mode: 0o600, durable: true }));
  t.is(readFileSync(file, 'utf8'), 'again');
});
