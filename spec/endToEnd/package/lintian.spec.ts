import { spawnSync } from 'node:child_process';
import { copyFileSync, cpSync } from 'node:fs';
import { join } from 'node:path';

import test from 'ava';

import { EXECUTABLE } from '../../../host/plugin/pluginTree';
import { makeDebianPackage } from '../../../scripts/debian-package';
import { builtPlugin } from '../../../scripts/sandbox/layout';
import { temporaryDirectory } from '../../temporaryHost';
import { ROOT } from './copyOfSource';

const withLintian = spawnSync('lintian', ['--version']).status === 0 ? test : test.skip;

/** The package is made quickly, and a small program stands for the executable, which takes lintian 15 s to search. */
const EXPECTED = /uses-no-compression-for|: unused-override |^N: /;

withLintian('lintian finds nothing in the Debian package (skipped without lintian)', (t) => {
  const directory = temporaryDirectory(t);
  const tree = join(directory, 'tree');
  const executable = join(builtPlugin, EXECUTABLE);
  cpSync(builtPlugin, tree, { recursive: true, verbatimSymlinks: true, filter: (path) => path !== executable });
  copyFileSync('/bin/true', join(tree, EXECUTABLE));
  const architecture = process.arch === 'arm64' ? 'arm64' : 'x64';
  const name = makeDebianPackage({
    root: ROOT,
    version: '1.2.3',
    architecture,
    tree,
    stage: directory,
    compressed: false,
  });
  const args = ['--display-info', join(directory, name)];
  const { stdout } = spawnSync('lintian', args, { encoding: 'utf8', env: { ...process.env, LC_ALL: 'C.UTF-8' } });
  const found = stdout.split('\n').filter((line) => line !== '' && !EXPECTED.test(line));
  t.deepEqual(found, []);
});
