/**
 * Runs one of the project's tasks, and whatever set-up it needs first: `node scripts/with-setup.mjs <task> [args…]`.
 *
 * It runs before anything is installed, so it uses Node's own modules only, and no syntax newer than its version
 * check. Exit status: the task's own; 1 when the set-up fails; 128 + the signal's number when a signal ended the task.
 */
import { spawnSync } from 'child_process';
import { existsSync, readFileSync } from 'fs';
import os from 'os';
import path from 'path';
import { fileURLToPath } from 'url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const tsNode = ['-r', 'ts-node/register/transpile-only'];

/** The steps of each task, as arguments for `node`; the last one gets the task's own arguments. */
const tasks = {
  start: {
    needsGit: true,
    steps: [
      [...tsNode, 'scripts/build.ts'],
      [...tsNode, 'scripts/sandbox/start.ts'],
    ],
  },
  unit: { steps: [[...tsNode, 'scripts/test.ts', '--unit']] },
  test: {
    needsGit: true,
    steps: [
      [...tsNode, 'scripts/build.ts'],
      [...tsNode, 'scripts/fleet/install.ts'],
      [...tsNode, 'scripts/test.ts'],
    ],
  },
  'test:soak': {
    needsGit: true,
    steps: [
      [...tsNode, 'scripts/build.ts'],
      [...tsNode, 'scripts/fleet/install.ts'],
      [...tsNode, 'scripts/test.ts'],
    ],
    env: { SOAK: '1' },
  },
  bench: {
    steps: [
      [...tsNode, 'scripts/build.ts'],
      [...tsNode, 'scripts/bench/bench.ts'],
    ],
  },
  'fleet:demo': {
    needsGit: true,
    steps: [
      [...tsNode, 'scripts/build.ts'],
      [...tsNode, 'scripts/fleet/demo.ts'],
    ],
  },
  build: { steps: [[...tsNode, 'scripts/build.ts']] },
  library: { steps: [[...tsNode, 'scripts/build.ts', 'library']] },
  'check-library': {
    steps: [
      [...tsNode, 'scripts/build.ts', 'library'],
      ['node_modules/publint/src/cli.js', '--strict', '--pack=npm'],
      ['node_modules/@arethetypeswrong/cli/dist/index.js', '--pack', '.'],
    ],
  },
  package: { steps: [[...tsNode, 'scripts/package.ts']] },
  lint: {
    steps: [
      ['node_modules/typescript/bin/tsc', '--noEmit'],
      ['node_modules/eslint/bin/eslint.js', '.'],
      ['node_modules/prettier/bin/prettier.cjs', '--check', '.'],
    ],
  },
  format: {
    steps: [
      ['node_modules/eslint/bin/eslint.js', '--fix', '.'],
      ['node_modules/prettier/bin/prettier.cjs', '--write', '--log-level=warn', '.'],
    ],
  },
};

const [name, ...args] = process.argv.slice(2);
if (!Object.prototype.hasOwnProperty.call(tasks, name)) {
  fail(`There is no task "${name}". The tasks: ${Object.keys(tasks).join(', ')}`);
}
const task = tasks[name];

requireNode(20, 15);
if (task.needsGit) requireGit();
installPackages();
task.steps.forEach((step, index) => {
  const last = index === task.steps.length - 1;
  run(process.execPath, last ? [...step, ...args] : step, task.env);
});

/** Node 20.15 is the first 20.x with `zlib.crc32`, which the journal's frames are checked with. */
function requireNode(major, minor) {
  const [actualMajor, actualMinor] = process.versions.node.split('.').map(Number);
  if (actualMajor > major || (actualMajor === major && actualMinor >= minor)) return;
  fail(
    `Node.js ${major}.${minor} or later is needed; this is ${process.version} (${process.execPath}). ` +
      'See https://nodejs.org/',
  );
}

function requireGit() {
  const git = spawnSync('git', ['--version'], { stdio: 'ignore' });
  if (git.error === undefined && git.status === 0) return;
  const command = name === 'start' || name === 'test' ? name : `run ${name}`;
  fail(`git is needed for "npm ${command}", and was not found on the PATH.`);
}

/** `npm ci`, unless exactly what package-lock.json names is there already. */
function installPackages() {
  if (packagesAreInstalled()) return;
  console.log('-----> Installing the packages of package-lock.json (npm ci)');
  const options = ['ci', '--no-audit', '--no-fund', '--ignore-scripts', '--include=dev', '--include=optional'];
  const npm = process.env.npm_execpath; // set when npm started this script: then the same npm goes on
  if (npm !== undefined && /\.c?js$/.test(npm)) run(process.execPath, [npm, ...options]);
  else run('npm', options);
}

/** npm leaves a copy of what it installed in node_modules; it is written last, so an interrupted `npm ci` has none. */
function packagesAreInstalled() {
  const installedLock = path.join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(installedLock)) return false;
  const wanted = JSON.parse(readFileSync(path.join(root, 'package-lock.json'), 'utf8')).packages;
  const installed = JSON.parse(readFileSync(installedLock, 'utf8')).packages;
  return Object.keys(wanted)
    .filter((location) => location !== '')
    .every((location) => {
      const present = installed[location];
      if (present === undefined) return wanted[location].optional === true; // another platform's
      return present.version === wanted[location].version && present.integrity === wanted[location].integrity;
    });
}

/** Runs a program in the repository's root with this terminal; ends this one as well when it does not succeed. */
function run(command, commandArgs, env = {}) {
  const result = spawnSync(command, commandArgs, { cwd: root, stdio: 'inherit', env: { ...process.env, ...env } });
  if (result.error !== undefined) fail(`${command} could not be run: ${result.error.message}`);
  if (result.signal !== null) process.exit(128 + os.constants.signals[result.signal]);
  if (result.status !== 0) process.exit(result.status);
}

function fail(message) {
  console.error(` !     ${message}`);
  process.exit(1);
}
