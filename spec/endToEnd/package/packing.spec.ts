import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import test, { type ExecutionContext } from 'ava';

import { filesOf, replaceTree } from '../../../scripts/replace-tree';
import { tarball } from '../../../scripts/tarball';
import { builtPlugin, copyPlugin, enable, layOut, pathsOf } from '../../../scripts/sandbox/layout';

/*
 * What is packed, copied and rebuilt is what the build made, whoever runs the plugin meanwhile: each call may make files in its code cache, and
 * rename or remove them.
 */

const repository = join(__dirname, '..', '..', '..');
const names = ['builds-generate-id', 'builds-record-start.4711.tmp'];

function temporary(t: ExecutionContext): string {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'dokku-builds-')));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** Makes and removes files in the code cache of `plugin` until the spec ends; resolves once it does. */
async function keepCaching(t: ExecutionContext, plugin: string): Promise<void> {
  const caching = spawn(
    process.execPath,
    [
      '-e',
      `const fs = require('node:fs');
       const [directory, ...names] = process.argv.slice(1);
       process.send('ready');
       process.on('disconnect', () => process.exit());
       (function again() {
         fs.mkdirSync(directory, { recursive: true });
         for (const name of names) fs.writeFileSync(directory + '/' + name, 'half a cache');
         for (const name of names) fs.rmSync(directory + '/' + name);
         setImmediate(again);
       })();`,
      join(plugin, 'lib/code-cache'),
      ...names,
    ],
    { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] },
  );
  const ended = once(caching, 'exit');
  t.teardown(async () => {
    caching.kill('SIGKILL');
    await ended;
  });
  const early = ended.then(() => Promise.reject(new Error('it ended before it was ready')));
  await Promise.race([once(caching, 'message'), early]);
}

test('an archive holds what was built, while others run the plugin', async (t) => {
  const plugin = join(temporary(t), 'plugin');
  copyPlugin(plugin);
  const before = tarball(plugin, 'packed');
  await keepCaching(t, plugin);
  for (let packed = 1; packed <= 20; packed++) t.true(tarball(plugin, 'packed').equals(before), `archive ${packed}`);
});

test('a rebuild puts its files in place, while others run the plugin', async (t) => {
  const directory = temporary(t);
  const [plugin, stage] = [join(directory, 'plugin'), join(directory, 'stage')];
  copyPlugin(plugin);
  const before = filesOf(plugin);
  await keepCaching(t, plugin);
  for (let rebuilt = 1; rebuilt <= 20; rebuilt++) {
    copyPlugin(stage);
    writeFileSync(join(stage, 'lib/program.js'), `${rebuilt}`);
    writeFileSync(join(plugin, 'lib/no-longer'), '');
    replaceTree(stage, plugin);
    rmSync(stage, { recursive: true });
    t.deepEqual(filesOf(plugin), before, `build ${rebuilt}`);
  }
});

test('the npm package leaves out the code cache', (t) => {
  const root = temporary(t);
  copyFileSync(join(repository, 'package.json'), join(root, 'package.json'));
  copyPlugin(join(root, 'dist/plugin'));
  mkdirSync(join(root, 'dist/plugin/lib/code-cache'), { recursive: true });
  for (const name of names) writeFileSync(join(root, 'dist/plugin/lib/code-cache', name), 'V8 made this');
  const packed = spawnSync('npm', ['pack', '--json', '--ignore-scripts'], { cwd: root, encoding: 'utf8' });
  t.is(packed.status, 0, packed.stderr);
  const [{ files }] = JSON.parse(packed.stdout) as [{ files: { path: string }[] }];
  const paths = files.map((file) => file.path);
  t.true(paths.includes('dist/plugin/lib/program.js'));
  t.deepEqual(
    paths.filter((path) => path.includes('code-cache')),
    [],
  );
});

test('a host of the specs gets a plugin that has not run yet', (t) => {
  t.is(spawnSync(join(builtPlugin, 'builds-generate-id')).status, 0);
  t.true(existsSync(join(builtPlugin, 'lib/code-cache')));
  const paths = pathsOf(temporary(t));
  layOut(paths);
  enable(paths, 'copy');
  t.false(readdirSync(join(paths.plugins, 'available/dokku-builds/lib')).includes('code-cache'));
});
