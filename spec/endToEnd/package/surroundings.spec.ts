import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import test, { type ExecutionContext } from 'ava';

import { copyPlugin } from '../../../scripts/sandbox/layout';
import { type Result, start } from '../../../scripts/sandbox/running';
import { temporaryDirectory } from '../../temporaryHost';

/*
 * The plugin tree by itself: nothing that lies around or is set around it changes what a trigger or a command is.
 * Dokku exports its global configuration, and a deploy runs in a directory that is somebody else's.
 */

/** A plugin tree, a host, and an environment in which no program can be found. */
interface Alone {
  readonly plugin: string;
  readonly directory: string;
  /** Where an intruder leaves a trace. */
  readonly trace: string;
  readonly run: (path: string, args?: readonly string[], options?: Surroundings) => Promise<Result>;
}

interface Surroundings {
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
}

function alone(t: ExecutionContext, name = 'plugin'): Alone {
  const directory = temporaryDirectory(t);
  const plugin = join(directory, name);
  copyPlugin(plugin);
  const host = {
    PATH: '/nonexistent',
    DOKKU_ROOT: join(directory, 'home'),
    DOKKU_LIB_ROOT: join(directory, 'lib'),
    PLUGIN_PATH: join(directory, 'plugins'),
    DOKKU_NOT_IMPLEMENTED_EXIT: '10',
  };
  mkdirSync(join(host.DOKKU_ROOT, 'shop'), { recursive: true });
  return {
    plugin,
    directory,
    trace: join(directory, 'trace'),
    run: (path, args = [], { env = {}, cwd = directory } = {}) =>
      start([path, ...args], { env: { ...host, ...env }, cwd }).finished,
  };
}

const ID = /^[0-9a-z]{14}\n$/;

/** What a deploy calls and people ask, on a fresh host, without what differs from run to run. */
async function transcript({ plugin, directory, run }: Alone, surroundings: Surroundings = {}): Promise<string[]> {
  const build = 'build1';
  const calls: [path: string, args: string[]][] = [
    ['install', []],
    ['builds-record-start', ['shop', build, String(process.pid), 'git-hook']],
    ['subcommands/list', ['builds:list', 'shop', '--format', 'json']],
    ['builds-record-finalize', ['shop', build, '1']],
    ['subcommands/info', ['builds:info', 'shop', build]],
    ['subcommands/report', ['builds:report', 'shop']],
    ['subcommands/events', ['builds:events', 'shop', '--build', build]],
    ['subcommands/list', ['builds:list', 'nobody']],
    ['commands', ['help']],
    ['commands', ['apps:list']],
  ];
  const said: string[] = [];
  for (const [path, args] of calls) {
    const { code, signal, stdout, stderr } = await run(join(plugin, path), args, surroundings);
    said.push(`${path} ${args.join(' ')}: ${code ?? signal ?? ''}\n${stdout}${stderr}`);
  }
  return said.map((text) =>
    text
      .replaceAll(directory, '')
      .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
      .replace(/\b\d+s\b/g, 'DURATION')
      .replace(/"duration_seconds":\d+/g, '"duration_seconds":0'),
  );
}

/** A directory with everything that a JavaScript runtime or a shell might read on its way, each leaving a trace. */
function hostileDirectory({ directory, trace }: Alone): string {
  const hostile = join(directory, 'hostile');
  const program = `require('node:fs').appendFileSync(${JSON.stringify(trace)}, 'a program ran\\n'); console.log('INTRUDER');\n`;
  const files = {
    '.env': 'DOKKU_QUIET_OUTPUT=1\nDOKKU_ROOT=/nonexistent\nBUN_OPTIONS=--preload=./intruder.js\n',
    '.env.production': 'DOKKU_ROOT=/nonexistent\n',
    'bunfig.toml': 'preload = ["./intruder.js"]\nlogLevel = "debug"\n[run]\nbun = true\n',
    'package.json':
      '{ "type": "module", "main": "./intruder.js", "imports": { "#*": "./intruder.js" }, "bun": "./intruder.js" }\n',
    'tsconfig.json': '{ "compilerOptions": { "baseUrl": ".", "paths": { "*": ["./intruder.js"] } } }\n',
    'jsconfig.json': '{ "compilerOptions": { "baseUrl": ".", "paths": { "*": ["./intruder.js"] } } }\n',
    'intruder.js': program,
    'intruder.sh': `echo 'a shell ran' >> '${trace}'; echo INTRUDER\n`,
    ...Object.fromEntries(
      ['immer', 'msgpackr', 'msgpackr-extract', 'ulid', 'fast-glob', 'zlib'].map((name) => [
        `node_modules/${name}/index.js`,
        program,
      ]),
    ),
  };
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(hostile, name, '..'), { recursive: true });
    writeFileSync(join(hostile, name), text);
  }
  return hostile;
}

function assertUntouched(t: ExecutionContext, { trace }: Alone, what: string): void {
  t.false(existsSync(trace), `${what}: ${existsSync(trace) ? readFileSync(trace, 'utf8') : ''}`);
}

test('in a directory that was deleted, a deploy is recorded and commands answer', async (t) => {
  const usual = await transcript(alone(t));
  const host = alone(t);
  const deleted = join(host.directory, 'deleted');
  const call = async (path: string, args: readonly string[] = []): Promise<Result> => {
    mkdirSync(deleted);
    const script = 'rmdir "$PWD"; exec "$@"';
    const { stderr, ...result } = await host.run('/bin/sh', ['-c', script, 'sh', path, ...args], {
      cwd: deleted,
      env: { PATH: '/usr/bin:/bin' },
    });
    return { ...result, stderr: stderr.replace(/^.*getcwd\(\) failed.*\n/gm, '') }; // the shell says so
  };
  t.deepEqual(await transcript({ ...host, run: call }), usual);
});

test('a directory that is somebody else’s changes nothing, and no program is needed on the PATH', async (t) => {
  const usual = await transcript(alone(t));
  t.regex(usual.join('\n'), /^builds-record-start .*: 0\n$/m);
  t.regex(usual.join('\n'), /"status":"running"[\s\S]*Exit Code:\s+1/);
  const host = alone(t);
  const cwd = hostileDirectory(host);
  t.deepEqual(await transcript(host, { cwd }), usual);
  t.regex((await host.run(join(host.plugin, 'builds-generate-id'), [], { cwd })).stdout, ID);
  assertUntouched(t, host, 'files');
});

const INTRUDER = './intruder.js';
const variables: Readonly<Record<string, string>> = {
  NODE_OPTIONS: `--require=${INTRUDER}`,
  NODE_PATH: './node_modules',
  NODE_ENV: 'production',
  NODE_DEBUG: '*',
  NODE_CHANNEL_FD: '1',
  NODE_V8_COVERAGE: '.',
  BUN_OPTIONS: `--preload=${INTRUDER}`,
  BUN_BE_BUN: '1',
  BUN_INSPECT: '1',
  BUN_INSPECT_CONNECT_TO: '127.0.0.1:1',
  BUN_INSPECT_PRELOAD: INTRUDER,
  BUN_CONFIG_VERBOSE_FETCH: 'curl',
  BUN_JSC_bogus: '1',
  BUN_JSC_dumpOptions: '1',
  BUN_JSC_useJIT: '0',
  BUN_BYTECODE_ORDER_OUT: './order',
  BUN_GARBAGE_COLLECTOR_LEVEL: '2',
  BUN_THREADPOOL_STATS: '1',
  BUN_WATCHER_TRACE: './watched',
  MIMALLOC_VERBOSE: '1',
  mimalloc_show_stats: '1',
  MiMalloc_Verbose: '1',
  BASH_ENV: './intruder.sh',
  ENV: './intruder.sh',
  SHELLOPTS: 'xtrace:verbose',
  PS4: '$(echo INTRUDER)',
  POSIXLY_CORRECT: '1',
  SEVERAL_LINES: 'a\nexport BUN_BE_BUN=1\nexport BUN_$(echo INTRUDER >&2)=b\nexport NODE_ü',
  IFS: 'u',
  'BASH_FUNC_exec%%': '() { echo INTRUDER; }',
  'BASH_FUNC_unset%%': '() { echo INTRUDER; }',
  'BASH_FUNC_readlink%%': '() { echo INTRUDER; }',
};

for (const [name, value] of Object.entries(variables)) {
  test(`${name} in the environment changes nothing`, async (t) => {
    const host = alone(t);
    const surroundings = { env: { [name]: value }, cwd: hostileDirectory(host) };
    const { code, stdout, stderr } = await host.run(join(host.plugin, 'builds-generate-id'), [], surroundings);
    t.like({ code, stderr }, { code: 0, stderr: '' });
    t.regex(stdout, ID);
    const list = await host.run(join(host.plugin, 'subcommands/list'), ['builds:list', 'shop'], surroundings);
    t.like(list, { code: 0, stdout: 'No builds recorded for this app\n', stderr: '' });
    assertUntouched(t, host, name);
  });
}

test('all of these variables together change nothing', async (t) => {
  const host = alone(t);
  const surroundings = { env: variables, cwd: hostileDirectory(host) };
  t.deepEqual(await transcript(host, surroundings), await transcript(alone(t)));
  assertUntouched(t, host, 'all variables');
});

test('variables that are not for the runtime reach the program', async (t) => {
  const host = alone(t);
  const env = { NAME: 'admin', SSH_USER: 'dokku', BUILD: 'b', NODEJS: 'n', MIM: 'm' };
  await host.run(join(host.plugin, 'builds-record-start'), ['shop', 'b1', String(process.pid), 'git-hook'], { env });
  const { stdout } = await host.run(join(host.plugin, 'subcommands/events'), [
    'builds:events',
    'shop',
    '--format',
    'jsonl',
  ]);
  t.regex(stdout, /"user":"dokku","key":"admin"/);
});

test('it works at any path, and however it is called', async (t) => {
  for (const name of [`it's a "plugin"; $(touch trace) & \\n`, '-p', 'subcommands', 'bin', 'ünï\ncode']) {
    const host = alone(t, name);
    const { plugin, directory } = host;
    const link = join(directory, 'enabled');
    mkdirSync(link);
    symlinkSync(join('..', name), join(link, 'builds'));
    symlinkSync(join(plugin, 'builds-generate-id'), join(link, 'builds-generate-id'));
    mkdirSync(join(link, 'commands.d'));
    symlinkSync(join('..', '..', name, 'subcommands', 'list'), join(link, 'commands.d', 'list'));
    const ids: [path: string, cwd: string][] = [
      [join(plugin, 'builds-generate-id'), '/'],
      [join(link, 'builds', 'builds-generate-id'), '/'],
      ['./builds-generate-id', plugin],
      [`./${name}/builds-generate-id`, directory],
      ['enabled/builds/builds-generate-id', directory],
      ['../builds-generate-id', join(plugin, 'subcommands')],
      ['./builds-generate-id', link],
      [join(link, 'builds-generate-id'), '/'],
    ];
    for (const [path, cwd] of ids) {
      const { stdout, stderr } = await host.run(path, [], { cwd, env: { PATH: '/usr/bin:/bin' } });
      t.regex(stdout, ID, `${path} in ${cwd}: ${stderr}`);
      t.is(stderr, '');
    }
    const lists: [path: string, cwd: string][] = [
      [join(plugin, 'subcommands', 'list'), '/'],
      [join(link, 'builds', 'subcommands', 'list'), '/'],
      ['subcommands/list', plugin],
      ['./list', join(plugin, 'subcommands')],
      ['./list', join(link, 'commands.d')],
    ];
    for (const [path, cwd] of lists) {
      const env = { PATH: '/usr/bin:/bin' };
      const { code, stdout, stderr } = await host.run(path, ['builds:list', 'shop'], { cwd, env });
      t.like({ code, stdout, stderr }, { code: 0, stdout: 'No builds recorded for this app\n', stderr: '' });
    }
    assertUntouched(t, host, name);
  }
});

test('found by an empty entry of the PATH, without a slash in its name, it works as well', async (t) => {
  const host = alone(t);
  const script = 'PATH=:/usr/bin:/bin; exec builds-generate-id';
  const { stdout, stderr } = await host.run('/bin/sh', ['-c', script], { cwd: host.plugin });
  t.regex(stdout, ID, stderr);
});
