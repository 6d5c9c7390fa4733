import { chmodSync, existsSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';

import { parse } from 'acorn';
import test, { type ExecutionContext } from 'ava';

import { createSandbox, expectSuccess, type Sandbox, script } from '../sandbox/host';
import { temporaryDirectory } from '../host/temporaryHost';
import { builtPlugin } from '../sandbox/layout';

async function hostWithApp(t: ExecutionContext): Promise<Sandbox> {
  const host = await createSandbox();
  t.teardown(() => host.remove());
  await host.createApp('shop', { build: script('echo compiled') });
  return host;
}

/** The environment of a host whose node says that it is `version`. */
function nodeOf(host: Sandbox, version: string): { NODE_OPTIONS: string } {
  const preload = join(host.paths.tmp, `node-${version}.cjs`);
  host.write(preload, `Object.defineProperty(process.versions, 'node', { value: '${version}' });`);
  return { NODE_OPTIONS: `--require ${preload}` };
}

/** Where a program is: git may well be in /usr/local/bin. */
function onPath(program: string): string {
  const places = (process.env['PATH'] ?? '').split(':').map((place) => join(place, program));
  const found = places.find((path) => existsSync(path)); // false, and no error, for a place that we cannot look into
  if (found === undefined) throw new Error(`${program} is not on the PATH`);
  return found;
}

/** A PATH on which all is that a deploy needs, but no node. */
function pathWithoutNode(t: ExecutionContext, host: Sandbox): { PATH: string } {
  const directory = temporaryDirectory(t);
  const programs =
    'bash cat date dirname env flock git head id ln logger ls mkdir mktemp mv readlink rm setsid sh tar tee';
  for (const program of programs.split(' ')) symlinkSync(onPath(program), join(directory, program));
  return { PATH: `${host.paths.bin}:${directory}` };
}

for (const version of ['12.22.9', '18.20.4', '20.14.0']) {
  test(`node ${version} costs no deploy: there is an id, and one line says what is needed`, async (t) => {
    const host = await hostWithApp(t);
    const env = nodeOf(host, version);
    const deploy = await host.dokku(['ps:rebuild', 'shop'], { env });
    t.is(deploy.code, 0);
    const needed = ` !     dokku-builds needs Node.js 20.15 or later, and node is ${version} (see docs/operations.md)\n`;
    t.true(deploy.stderr.includes(needed) || deploy.stdout.includes(needed));
    t.regex(expectSuccess(await host.trigger('builds-generate-id', [], { env })).stdout, /^[0-9a-z]{14}\n$/);
    const list = await host.dokku(['builds:list', 'shop'], { env });
    t.deepEqual([list.code, list.stdout, list.stderr], [1, '', needed]);
    t.is((await host.dokku(['help'], { env })).code, 0);
  });
}

test('without any node a deploy goes on as well', async (t) => {
  const host = await hostWithApp(t);
  const env = pathWithoutNode(t, host);
  expectSuccess(await host.dokku(['ps:rebuild', 'shop'], { env }));
  t.regex(expectSuccess(await host.trigger('builds-generate-id', [], { env })).stdout, /^[0-9a-z]{14}\n$/);
  t.is((await host.dokku(['builds:list', 'shop'], { env })).code, 1);
});

test('a node that does not know an option of the launcher costs no deploy', async (t) => {
  const host = await hostWithApp(t);
  const refusing = '*--no-rehash-snapshot*) echo "node: bad option: --no-rehash-snapshot" >&2; exit 9 ;;';
  host.write(
    join(host.paths.tmp, 'node/node'),
    `#!/bin/sh\ncase "$*" in ${refusing} esac\nexec ${process.execPath} "$@"\n`,
  );
  chmodSync(join(host.paths.tmp, 'node/node'), 0o755);
  const env = { PATH: `${host.paths.bin}:${join(host.paths.tmp, 'node')}:${process.env['PATH']}` };
  const deploy = await host.dokku(['ps:rebuild', 'shop'], { env });
  t.is(deploy.code, 0);
  t.regex(`${deploy.stdout}${deploy.stderr}`, /node: bad option: --no-rehash-snapshot/);
  t.is((await host.dokku(['builds:list', 'shop'], { env })).code, 9);
  expectSuccess(await host.dokku(['--force', 'apps:destroy', 'shop'], { env }));
});

test('the trigger dependencies says exactly how to get node on Debian and Ubuntu', async (t) => {
  const host = await hostWithApp(t);
  for (const env of [nodeOf(host, '18.20.4'), pathWithoutNode(t, host)]) {
    const { code, stderr } = await host.trigger('dependencies', [], { env });
    t.is(code, 1);
    t.regex(stderr, /^ ! {5}dokku-builds needs Node\.js 20/);
    t.regex(stderr, /apt-get install -y nodejs/);
    t.regex(stderr, /curl -fsSL https:\/\/deb\.nodesource\.com\/setup_22\.x/);
  }
  const fine = expectSuccess(await host.trigger('dependencies', []));
  t.regex(fine.stdout, /^-----> Node\.js \d+\.\d+\.\d+ at \//);
});

test('the first files of the program can be parsed by any node that a host may have', (t) => {
  for (const name of ['dokku-builds.js', 'oldNode.js']) {
    const program = readFileSync(join(builtPlugin, 'lib', name), 'utf8');
    t.notThrows(() => parse(program, { ecmaVersion: 2018, sourceType: 'script', allowReturnOutsideFunction: true }));
  }
});
