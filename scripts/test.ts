/**
 * Runs the specs and ends with one counted line, `N passed, N failed` (and `, N skipped`), taken from what ava reports.
 *
 * Arguments go to ava: `npm test -- spec/journal/frame.spec.ts --match '*torn*'`. Failures are shown as they come, the
 * spec files with their counts at the end. Exit status 0 only when specs ran and all of them passed.
 */
import { spawn } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';
import fg from 'fast-glob';
import { TapRun } from './tap-run';
import { surroundings } from './within-reach';

const root = path.dirname(__dirname);
const args = process.argv.slice(2);
const specFiles = fg.sync('spec/**/*.spec.ts', { cwd: root }).sort();
const onlyFile = args.find((argument) => specFiles.includes(argument)) ?? 'the specs';
const run = new TapRun(specFiles, onlyFile, (line) => {
  console.log(line);
});

const { node, env, notes, remove } = surroundings();
for (const note of notes) console.log(`       ${note}`);

const ava = spawn(node, [path.join(__dirname, 'ava-tap.mjs'), '--tap', ...args], {
  cwd: root,
  stdio: ['ignore', 'pipe', 'pipe'],
  env: { ...env, FORCE_COLOR: '0' },
});
createInterface({ input: ava.stdout }).on('line', (line) => {
  run.read(line);
});
// What specs print themselves, set apart: only the last line here counts.
createInterface({ input: ava.stderr }).on('line', (line) => {
  console.log(`     | ${line}`);
});

const progress = setInterval(() => {
  console.log(`       ${String(run.passed)} passed so far`);
}, 30_000);

ava.on('close', (status, signal) => {
  clearInterval(progress);
  remove();
  run.end(signal ?? status ?? 1);
  for (const line of run.summary()) console.log(line);
  process.exitCode = run.succeeded ? 0 : 1;
});
