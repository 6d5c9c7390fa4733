/**
 * Runs the specs and ends with one counted line, `N passed, N failed` (and `, N skipped`), taken from what ava
 * reports.
 *
 * `npm test` runs all of them, `npm run unit` those that need no build and no patience. A folder of spec/ runs what is
 * below it: `npm run unit -- journal`. A part of a path runs the files that have it: `npm test -- cancel`. Options go
 * to ava: `npm test -- frame.spec.ts --match '*torn*'`. Failures are shown as they come, the spec files with their
 * counts at the end. Exit status 0 only when specs ran and all passed; 2 if an argument names no spec file.
 */
import { spawn } from 'node:child_process';
import { statSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import fg from 'fast-glob';
import { TapRun } from './tap-run';
import { surroundings, unitSurroundings } from './within-reach';

/** No unit specs: those that start programs, and those that try every byte or every moment, which takes minutes. */
const LONG = ['spec/endToEnd/**', 'spec/**/every*.spec.ts'];
const PROGRESS_MS = 15_000;
/** Options of ava whose value is the next argument. */
const WITH_VALUE: ReadonlySet<string> = new Set(['--match', '-m', '--timeout', '-T', '--concurrency', '-c']);

const root = path.dirname(__dirname);
const unit = process.argv[2] === '--unit';
const specFiles = fg.sync('spec/**/*.spec.ts', { cwd: root, ignore: unit ? LONG : [] }).sort();
const args = process.argv.slice(unit ? 3 : 2).flatMap((argument, at, all) => {
  const isOption = argument.startsWith('-') || WITH_VALUE.has(all[at - 1] ?? '');
  return isOption ? [argument] : specsOf(argument);
});
const chosen = chosenFiles();
const onlyFile = args.find((argument) => specFiles.includes(argument)) ?? 'the specs';
const run = new TapRun(specFiles, onlyFile, (line) => {
  console.log(line);
});

const { node, env, notes, remove } = unit ? unitSurroundings() : surroundings();
for (const note of notes) console.log(`       ${note}`);
console.log(`-----> Running ${countOf(chosen, 'spec file')}`);

const patterns = [...(args.length === 0 ? ['spec/**'] : []), ...(unit ? LONG.map((pattern) => `!${pattern}`) : [])];
const ava = spawn(node, [path.join(__dirname, 'ava-tap.mjs'), '--tap', ...args, ...patterns], {
  cwd: root,
  stdio: ['ignore', 'pipe', 'pipe'],
  env: { ...env, FORCE_COLOR: '0' },
});
createInterface({ input: ava.stdout }).on('line', (line) => {
  run.read(line);
});
createInterface({ input: ava.stderr }).on('line', (line) => {
  run.readStderr(line);
});

const began = Date.now();
const progress = setInterval(() => {
  const { passed, failed, filesBegun } = run;
  const seconds = Math.round((Date.now() - began) / 1000);
  const files = `${String(filesBegun)} of ${countOf(chosen, 'spec file')}`;
  console.log(`       ${String(seconds)} s: ${String(passed)} passed, ${String(failed)} failed so far, from ${files}`);
}, PROGRESS_MS);

ava.on('close', (status, signal) => {
  clearInterval(progress);
  remove();
  run.end(signal ?? status ?? 1);
  for (const line of run.summary()) console.log(line);
  process.exitCode = run.succeeded ? 0 : 1;
});

/** All specs below spec/journal for `journal`; else the spec files that have the argument in their path. */
function specsOf(argument: string): string[] {
  const folder = argument.replace(/^spec\//, '').replace(/\/(\*\*)?$/, '');
  const isFolder = statSync(path.join(root, 'spec', folder), { throwIfNoEntry: false })?.isDirectory() === true;
  if (folder !== '' && isFolder) return [`spec/${folder}/**`];
  const files = specFiles.filter((file) => file.includes(argument));
  if (files.length > 0) return files;
  console.error(` !     No spec file has ${argument} in its path${unit ? ', or only npm test runs it' : ''}`);
  process.exit(2);
}

/** How many spec files the arguments choose; all, if they name none. */
function chosenFiles(): number {
  const named = args.filter((argument) => argument.startsWith('spec/'));
  if (named.length === 0) return specFiles.length;
  return fg.sync(named, { cwd: root }).filter((file) => specFiles.includes(file)).length;
}

function countOf(count: number, what: string): string {
  return `${String(count)} ${what}${count === 1 ? '' : 's'}`;
}
