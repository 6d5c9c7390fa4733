import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import test, { type ExecutionContext } from 'ava';

import { copyPlugin } from '../sandbox/layout';

/** A copy of the built plugin that has not run yet. */
function plugin(t: ExecutionContext): string {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'dokku-builds-')));
  t.teardown(() => rmSync(root, { recursive: true, force: true }));
  copyPlugin(root);
  return root;
}

/** All that a call needs; of a developer's own NODE_OPTIONS and the like node may have something to say. */
const env = { PATH: process.env['PATH'] };

function generateId(t: ExecutionContext, root: string, what: string): void {
  const { status, stdout, stderr } = spawnSync(join(root, 'builds-generate-id'), { encoding: 'utf8', env });
  t.deepEqual({ status, stderr }, { status: 0, stderr: '' }, what);
  t.regex(stdout, /^[0-9a-z]{14}\n$/, what);
}

const cacheOf = (root: string): string => join(root, 'lib/code-cache/builds-generate-id');

function isMadeAnew(root: string, before: Buffer): boolean {
  const now = readFileSync(cacheOf(root));
  return (
    now.length > 1000 && !now.equals(before) && now.subarray(0, now.length / 2).equals(now.subarray(now.length / 2))
  );
}

test('the first call of a command leaves a code cache, the next one takes it as it is', (t) => {
  const root = plugin(t);
  generateId(t, root, 'first');
  const { ino, size } = statSync(cacheOf(root));
  generateId(t, root, 'second');
  t.is(statSync(cacheOf(root)).ino, ino);
  t.true(size > 1000);
  t.deepEqual(readdirSync(join(root, 'lib/code-cache')), ['builds-generate-id']);
});

test('a cache that is cut, empty, damaged or of another program is passed over and made anew', (t) => {
  const root = plugin(t);
  generateId(t, root, 'first');
  const whole = readFileSync(cacheOf(root));
  const damaged = [0, 5, 16, 20, 40, whole.length >> 2, whole.length >> 1, whole.length - 1].map((at) => {
    const bytes = Buffer.from(whole);
    bytes.writeUInt8(bytes.readUInt8(at) ^ 0x10, at);
    return bytes;
  });
  const half = Buffer.concat([Buffer.from('0123456789abcdef'), whole.subarray(16, whole.length >> 1)]);
  const cut = [0, 1, 16, 1000, whole.length >> 1, whole.length - 1].map((length) => whole.subarray(0, length));
  for (const [number, bytes] of [...damaged, ...cut, Buffer.concat([half, half])].entries()) {
    writeFileSync(cacheOf(root), bytes);
    generateId(t, root, `damage ${number}`);
    t.true(isMadeAnew(root, bytes), `damage ${number}`);
  }
});

test('a cache that V8 refuses is passed over and made anew', (t) => {
  const root = plugin(t);
  generateId(t, root, 'first');
  const whole = readFileSync(cacheOf(root));
  const half = Buffer.from(whole.subarray(0, whole.length >> 1));
  half.writeUInt8(half.readUInt8(16 + 4) ^ 0xff, 16 + 4); // within the version that V8's data begin with
  const refused = Buffer.concat([half, half]);
  writeFileSync(cacheOf(root), refused);
  generateId(t, root, 'another V8');
  t.true(isMadeAnew(root, refused));
});

test('a plugin that its user may not write works without a cache, and says nothing', (t) => {
  const root = plugin(t);
  writeFileSync(join(root, 'lib/code-cache'), 'in its place'); // nobody can make the directory, not even root
  generateId(t, root, 'no directory');
  chmodSync(join(root, 'lib'), 0o555);
  t.teardown(() => chmodSync(join(root, 'lib'), 0o755));
  generateId(t, root, 'not writable');
  t.false(existsSync(cacheOf(root)));
});

test('what a killed call left beside the cache goes when the cache is next made, and not before', (t) => {
  const root = plugin(t);
  const left = `${cacheOf(root)}.1.tmp`;
  mkdirSync(dirname(left));
  mkdirSync(`${cacheOf(root)}.2.tmp`); // of nobody, and in nobody's way
  for (const path of [left, `${cacheOf(root)}.3.tmp`]) writeFileSync(path, 'half');
  generateId(t, root, 'first');
  t.deepEqual(readdirSync(dirname(left)).sort(), ['builds-generate-id', 'builds-generate-id.2.tmp']);
  writeFileSync(left, 'half');
  generateId(t, root, 'with a cache');
  t.true(existsSync(left));
  writeFileSync(cacheOf(root), '');
  generateId(t, root, 'with a broken cache');
  t.false(existsSync(left));
});

test('a call that fails leaves no cache', (t) => {
  const root = plugin(t);
  const nowhere = { ...env, DOKKU_ROOT: join(root, 'none'), DOKKU_LIB_ROOT: join(root, 'none') };
  t.is(spawnSync(join(root, 'subcommands/list'), ['builds:list', 'nosuchapp'], { env: nowhere }).status, 20);
  t.false(existsSync(join(root, 'lib/code-cache')));
});
