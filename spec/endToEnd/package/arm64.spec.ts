import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';

import test from 'ava';

import { bunFor } from '../../../scripts/bun';
import { buildPlugin } from '../../../scripts/plugin-tree';
import { temporaryDirectory } from '../../temporaryHost';

/*
 * The executable for arm64, compiled here for another processor, runs and answers: as itself on arm64, else under the
 * emulator of the Debian packages qemu-user-static and libc6-arm64-cross.
 */

const ROOT = join(__dirname, '..', '..', '..');
const LIBC = '/usr/aarch64-linux-gnu';
const native = process.arch === 'arm64';
const emulator = ['/usr/bin/qemu-aarch64-static', '/usr/bin/qemu-aarch64'].find((path) => existsSync(path));
const missing =
  native || (emulator !== undefined && existsSync(join(LIBC, 'lib', 'ld-linux-aarch64.so.1')))
    ? undefined
    : 'skipped: needs the Debian packages qemu-user-static and libc6-arm64-cross';
const ifItCanRun = missing === undefined ? test : test.skip;

ifItCanRun(`the executable for arm64 makes a build id and lists builds${missing ? ` (${missing})` : ''}`, async (t) => {
  t.timeout(300_000);
  const directory = temporaryDirectory(t);
  const plugin = join(directory, 'plugin');
  await buildPlugin(ROOT, join(ROOT, 'commands', 'main.ts'), plugin, await bunFor(ROOT, 'arm64'));
  const env = {
    PATH: '/nonexistent',
    QEMU_LD_PREFIX: LIBC,
    DOKKU_ROOT: join(directory, 'home'),
    DOKKU_LIB_ROOT: join(directory, 'lib'),
    PLUGIN_PATH: join(directory, 'plugins'),
    BUN_JSC_useJIT: '0', // as host/run.sh has it for triggers: the emulator would translate compiled functions again
  };
  mkdirSync(join(env.DOKKU_ROOT, 'shop'), { recursive: true });
  const run = (name: string, ...args: string[]): string => {
    const executable = join(plugin, 'bin', 'dokku-builds');
    const [program, before] = native ? [executable, []] : [emulator ?? '', ['-0', join(plugin, name), executable]];
    const argv0 = native ? join(plugin, name) : undefined;
    const { status, stdout, stderr } = spawnSync(program, [...before, ...args], { env, argv0, encoding: 'utf8' });
    t.deepEqual({ status, stderr }, { status: 0, stderr: '' }, name);
    return stdout;
  };
  const id = run('builds-generate-id');
  t.regex(id, /^[0-9a-z]{14}\n$/);
  t.is(run('subcommands/list', 'builds:list'), 'No builds currently running\n');
  run('builds-record-start', 'shop', id.trim(), String(process.pid), 'git-hook');
  run('builds-record-finalize', 'shop', id.trim(), '0');
  t.regex(run('subcommands/list', 'builds:list', 'shop'), new RegExp(`^${id.trim()} +build +succeeded `, 'm'));
  run('subcommands/verify', 'builds:verify', 'shop');
});
