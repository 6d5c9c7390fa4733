import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test from 'ava';

const launcher = path.resolve(__dirname, '../../host/launcher.sh');
const scratch = realpathSync(mkdtempSync(path.join(os.tmpdir(), 'dokku-builds-launcher-')));
const plugin = plantPlugin(path.join(scratch, 'plugin'));
const pathWithNode = toolbox('with-node', { node: process.execPath });
const pathWithNothing = toolbox('with-nothing', {});
const pathWithoutNode = toolbox('without-node', { date: '/bin/date', od: '/usr/bin/od', readlink: '/bin/readlink' });
const awkward = ['with space', 'with\nline break\n', '', '*', '$(id)', 'it\'s "quoted"', '--', '-n'];

test.after.always(() => {
  rmSync(scratch, { recursive: true, force: true });
});

test('a trigger is passed on under its own name, its arguments unharmed', (t) => {
  t.deepEqual(programArguments(`${plugin}/builds-record-start`, awkward), ['builds-record-start', ...awkward]);
});

test('a subcommand passes on the command name that Dokku gives it, and no second one', (t) => {
  const { args } = called(`${plugin}/subcommands/list`, ['builds:list', ...awkward]);
  t.deepEqual(args, ['builds:list', ...awkward]);
});

test('a subcommand that is called by hand adds its command name', (t) => {
  t.deepEqual(programArguments(`${plugin}/subcommands/list`, awkward), ['builds:list', ...awkward]);
  t.deepEqual(programArguments(`${plugin}/subcommands/info`), ['builds:info']);
});

test('commands passes on what belongs to this plugin', (t) => {
  for (const args of [['builds'], ['builds:help'], ['builds:nonsense', 'a b'], ['help', '--all']]) {
    t.deepEqual(programArguments(`${plugin}/commands`, args), ['commands', ...args]);
  }
});

test('commands declines what belongs to others with the status Dokku asks for, and starts no program for it', (t) => {
  for (const args of [['apps:list'], ['buildsomething'], []]) {
    t.like(call(`${plugin}/commands`, args), { status: 10, stdout: '', stderr: '' });
    const env = { DOKKU_NOT_IMPLEMENTED_EXIT: '77' };
    t.like(call(`${plugin}/commands`, args, { env }), { status: 77, stdout: '', stderr: '' });
  }
});

test('the bin takes a short name, a full command name, or a trigger', (t) => {
  const bin = `${plugin}/bin/dokku-builds`;
  t.deepEqual(programArguments(bin, ['list', ...awkward]), ['builds:list', ...awkward]);
  t.deepEqual(programArguments(bin, ['builds:list', 'myapp']), ['builds:list', 'myapp']);
  t.deepEqual(programArguments(bin, ['builds-generate-id']), ['builds-generate-id']);
  t.deepEqual(programArguments(bin, ['post-app-clone-setup', 'a', 'b']), ['post-app-clone-setup', 'a', 'b']);
  t.deepEqual(programArguments(bin, ['install']), ['install']);
  for (const args of [[], ['builds'], ['help'], ['--help'], ['-h']])
    t.deepEqual(programArguments(bin, args), ['builds:help']);
});

test('the program takes the place of the shell, with its standard streams and its exit status', (t) => {
  const { pid, program, status } = called(`${plugin}/builds-record-finalize`, ['myapp'], { env: { EXIT: '23' } });
  t.is(program.pid, pid);
  t.is(status, 23);
});

test('what is called often is started with the hashes that Node was built with, what must always run is not', (t) => {
  const bin = `${plugin}/bin/dokku-builds`;
  const isStartedFast = (file: string, args: string[]): boolean =>
    called(file, args).program.options.includes('--no-rehash-snapshot');
  for (const trigger of ['builds-generate-id', 'builds-record-start', 'builds-record-finalize'])
    t.true(isStartedFast(`${plugin}/${trigger}`, []), trigger);
  t.true(isStartedFast(`${plugin}/subcommands/list`, ['builds:list']));
  t.true(isStartedFast(bin, ['builds-journal:list']));
  for (const trigger of ['install', 'post-delete', 'post-app-clone-setup'])
    t.false(isStartedFast(`${plugin}/${trigger}`, []), trigger);
  t.false(isStartedFast(`${plugin}/commands`, ['builds']));
  t.false(isStartedFast(bin, ['host:status']));
});

test('with a Node that lacks the option an id is printed, and what must always run does', (t) => {
  const node = path.join(scratch, 'other-node');
  writeFileSync(
    node,
    `#!/bin/sh\ncase "$*" in *--no-rehash-snapshot*) echo "node: bad option: --no-rehash-snapshot" >&2; exit 9 ;; esac\nexec ${process.execPath} "$@"\n`,
    { mode: 0o755 },
  );
  const tools = toolbox('with-other-node', { node, sh: '/bin/sh', date: '/bin/date', od: '/usr/bin/od' });
  t.regex(call(`${plugin}/builds-generate-id`, [], { path: tools }).stdout, /^[0-9a-z]{14}\n$/);
  t.deepEqual(programArguments(`${plugin}/install`, [], { path: tools }), ['install']);
  t.deepEqual(programArguments(`${plugin}/post-delete`, ['shop'], { path: tools }), ['post-delete', 'shop']);
});

test('the normal path needs no program but node', (t) => {
  for (const file of ['commands', 'install', 'subcommands/list', 'bin/dokku-builds']) {
    t.like(call(`${plugin}/${file}`, ['builds:list']), { status: 0, stderr: '' });
  }
});

test('a plugin works from any directory: with spaces, line breaks, and names that mean something here', (t) => {
  for (const name of ['two words', 'line\nbreak', '-dash', 'bin', 'subcommands', "quote'$HOME"]) {
    const root = plantPlugin(path.join(scratch, 'placed', name));
    t.is(called(`${root}/install`).program.file, `${root}/lib/dokku-builds.js`);
    t.deepEqual(programArguments(`${root}/subcommands/set`, ['builds:set', 'a']), ['builds:set', 'a']);
  }
});

test('a plugin works when it is called by a relative path', (t) => {
  for (const [cwd, file] of [
    [plugin, './install'],
    [plugin, 'subcommands/../install'],
    [path.dirname(plugin), 'plugin/install'],
  ] as const) {
    t.deepEqual(programArguments(file, ['x'], { cwd }), ['install', 'x']);
  }
  t.deepEqual(programArguments('./list', ['x'], { cwd: `${plugin}/subcommands` }), ['builds:list', 'x']);
  t.deepEqual(programArguments('./dokku-builds', ['list'], { cwd: `${plugin}/bin` }), ['builds:list']);
});

test('a plugin works through a linked directory, as enabled/builds is one', (t) => {
  const host = path.join(scratch, 'plugn host');
  const core = plantPlugin(path.join(host, 'core-plugins/available/builds'));
  mkdirSync(path.join(host, 'available'));
  mkdirSync(path.join(host, 'enabled'));
  symlinkSync('../core-plugins/available/builds', path.join(host, 'available/builds'));
  symlinkSync('../available/builds', path.join(host, 'enabled/builds'));
  t.is(called(`${host}/enabled/builds/install`).program.file, `${core}/lib/dokku-builds.js`);
  t.deepEqual(programArguments(`${host}/enabled/builds/subcommands/list`, ['builds:list']), ['builds:list']);
});

test('a link to the bin works: absolute, relative, through a linked directory, from the PATH, under another name', (t) => {
  const prefix = path.join(scratch, 'prefix with space');
  const installed = plantPlugin(path.join(prefix, 'node_modules/dokku-builds/dist/plugin'));
  const bins = path.join(prefix, 'node_modules/.bin');
  const elsewhere = path.join(scratch, 'a/b');
  for (const directory of [bins, elsewhere]) mkdirSync(directory, { recursive: true });
  symlinkSync('../dokku-builds/dist/plugin/bin/dokku-builds', path.join(bins, 'dokku-builds'));
  symlinkSync(path.join(bins, 'dokku-builds'), path.join(elsewhere, 'deploys'));
  symlinkSync(bins, path.join(elsewhere, 'linked'));
  const options = { path: `${pathWithNode}:${pathWithoutNode}` };
  for (const link of [`${bins}/dokku-builds`, `${elsewhere}/deploys`, `${elsewhere}/linked/dokku-builds`]) {
    const { args, program } = called(link, ['list', ...awkward], options);
    t.deepEqual(args, ['builds:list', ...awkward]);
    t.is(program.file, `${installed}/lib/dokku-builds.js`);
  }
  t.deepEqual(programArguments('./dokku-builds', ['info'], { ...options, cwd: bins }), ['builds:info']);
  t.deepEqual(programArguments('dokku-builds', ['info'], { path: `${bins}:${options.path}` }), ['builds:info']);
});

test('without node, builds-generate-id still prints an id of the right form and time, and nothing else', (t) => {
  for (const tools of [pathWithoutNode, pathWithNothing]) {
    const began = Date.now();
    const { status, stdout, stderr } = call(`${plugin}/builds-generate-id`, [], { path: tools });
    t.is(status, 0);
    t.is(stderr, '');
    t.regex(stdout, /^[0-9a-z]{14}\n$/);
    const made = parseInt(stdout.slice(0, 8), 36);
    // Without date(1) the kernel's boot time gives the clock, to a few seconds.
    t.true(Math.abs(made - began) < 60_000, `${String(made)} is not near ${String(began)}`);
  }
});

test('without node, ids do not repeat', (t) => {
  const ids = Array.from(
    { length: 20 },
    () => call(`${plugin}/builds-generate-id`, [], { path: pathWithNothing }).stdout,
  );
  t.is(new Set(ids).size, ids.length);
  t.is(new Set(ids.map((id) => id.slice(8))).size, ids.length);
});

test('without node, no trigger fails: it says in one line on stderr what is missing', (t) => {
  for (const trigger of [
    'builds-record-start',
    'builds-record-finalize',
    'builds-record-discard',
    'install',
    'post-delete',
  ]) {
    t.like(call(`${plugin}/${trigger}`, ['myapp'], { path: pathWithoutNode }), {
      status: 0,
      stdout: '',
      stderr: noNode,
    });
  }
});

test('without node, commands fail and say why', (t) => {
  const failed = { status: 1, stdout: '', stderr: noNode };
  t.like(call(`${plugin}/subcommands/list`, ['builds:list'], { path: pathWithoutNode }), failed);
  t.like(call(`${plugin}/bin/dokku-builds`, ['list'], { path: pathWithoutNode }), failed);
  t.like(call(`${plugin}/commands`, ['builds:help'], { path: pathWithoutNode }), failed);
});

test('without node, the help and the commands of other plugins are not disturbed', (t) => {
  t.like(call(`${plugin}/commands`, ['help'], { path: pathWithNothing }), { status: 0, stdout: '', stderr: '' });
  t.like(call(`${plugin}/commands`, ['apps:list'], { path: pathWithNothing }), { status: 10, stdout: '', stderr: '' });
});

test('a plugin whose program is gone says so, and its triggers break no deploy', (t) => {
  const root = plantPlugin(path.join(scratch, 'gone'));
  rmSync(`${root}/lib`, { recursive: true });
  t.regex(call(`${root}/builds-generate-id`).stdout, /^[0-9a-z]{14}\n$/);
  const start = call(`${root}/builds-record-start`, ['myapp']);
  t.is(start.status, 0);
  t.regex(start.stderr, /^ ! {5}dokku-builds is not whole: .*\n$/);
  t.is(call(`${root}/subcommands/list`, ['builds:list']).status, 1);
  t.is(call(`${root}/commands`, ['apps:list']).status, 10);
});

for (const shell of ['/bin/dash', '/bin/bash', '/bin/busybox', '/bin/ksh', '/bin/zsh'].filter((file) =>
  existsSync(file),
)) {
  test(`the launcher means the same to ${shell}`, (t) => {
    const run = (file: string, args: string[], tools = pathWithNode): Call =>
      call(shell, [...(shell.endsWith('busybox') ? ['sh'] : []), file, ...args], { path: tools });
    const args = JSON.parse(run(`${plugin}/subcommands/list`, ['builds:list', ...awkward]).stdout) as Program;
    t.deepEqual(args.args, ['builds:list', ...awkward]);
    t.is(run(`${plugin}/commands`, ['apps:list']).status, 10);
    for (const tools of [pathWithoutNode, pathWithNothing]) {
      t.regex(run(`${plugin}/builds-generate-id`, [], tools).stdout, /^[0-9a-z]{14}\n$/);
    }
    t.like(run(`${plugin}/install`, [], pathWithoutNode), { status: 0, stderr: noNode });
  });
}

const noNode =
  ' !     dokku-builds needs Node.js 20 or later, and no node was found on the PATH (see docs/operations.md)\n';

/** What the program that stands in for the bundle says of itself. */
type Program = { pid: number; file: string; options: string[]; args: string[] };
type Call = { pid: number; status: number | null; stdout: string; stderr: string };
type CallOptions = { cwd?: string; path?: string; env?: Record<string, string> };

/** Runs an executable of the plugin with a PATH of its own (by default one with node and nothing else). */
function call(file: string, args: readonly string[] = [], options: CallOptions = {}): Call {
  const cwd = options.cwd ?? scratch;
  const env = { PATH: options.path ?? pathWithNode, ...options.env };
  // A name without a slash is looked up in that PATH; a relative path starts at cwd.
  const { pid, status, stdout, stderr, error } = spawnSync(file, args, { cwd, env, encoding: 'utf8' });
  if (error !== undefined) throw error;
  return { pid, status, stdout, stderr };
}

/** Runs an executable that must reach the program, and gives what the program saw. */
function called(
  file: string,
  args: readonly string[] = [],
  options: CallOptions = {},
): Call & { program: Program; args: string[] } {
  const result = call(file, args, options);
  if (!result.stdout.startsWith('{')) throw new Error(`The program was not reached: ${JSON.stringify(result)}`);
  const program = JSON.parse(result.stdout) as Program;
  return { ...result, program, args: program.args };
}

function programArguments(file: string, args: readonly string[] = [], options: CallOptions = {}): string[] {
  return called(file, args, options).args;
}

/** A plugin tree with the real launchers, and for its program one that prints how it was called. */
function plantPlugin(root: string): string {
  for (const directory of ['bin', 'lib', 'subcommands']) mkdirSync(path.join(root, directory), { recursive: true });
  const triggers = ['builds-generate-id', 'builds-record-start', 'builds-record-finalize', 'builds-record-discard'];
  const others = ['install', 'post-delete', 'post-app-clone-setup', 'commands', 'bin/dokku-builds'];
  for (const file of [...triggers, ...others, 'subcommands/list', 'subcommands/info', 'subcommands/set']) {
    copyFileSync(launcher, path.join(root, file));
    chmodSync(path.join(root, file), 0o755);
  }
  writeFileSync(
    path.join(root, 'lib/dokku-builds.js'),
    `console.log(JSON.stringify({ pid: process.pid, file: __filename, options: process.execArgv, args: process.argv.slice(2) }));
     process.exitCode = Number(process.env.EXIT ?? 0);`,
  );
  return root;
}

/** A directory for a PATH that holds these programs and no other. */
function toolbox(name: string, programs: Record<string, string>): string {
  const directory = path.join(scratch, name);
  mkdirSync(directory);
  for (const [program, file] of Object.entries(programs)) symlinkSync(file, path.join(directory, program));
  return directory;
}
