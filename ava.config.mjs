import { availableParallelism } from 'node:os';

const soak = process.env.SOAK === '1';

/** What takes longest begins first, so that nothing is waited for alone at the end. */
const longest = [
  'journal/file/everyByte',
  'endToEnd/install/lifecycle',
  'endToEnd/docs/examples',
  'endToEnd/durability/',
  'endToEnd/install/',
  'endToEnd/package/',
  'endToEnd/',
];
const rank = (file) => {
  const place = longest.findIndex((part) => file.includes(`/spec/${part}`));
  return place < 0 ? longest.length : place;
};

export default {
  sortTestFiles: (a, b) => rank(a) - rank(b) || (a < b ? -1 : 1),
  files: ['spec/**/*.spec.ts'],
  extensions: { ts: 'commonjs' },
  require: ['./scripts/translate.cjs', './scripts/sandbox/umask.ts'],
  // A spec waits for programs and for the disk more than a quarter of its time; another one can work then.
  concurrency: availableParallelism() + 1,
  // Specs start processes and send signals: each file has a process of its own.
  workerThreads: false,
  // The longest silence of the whole run. Only the end of a test breaks it, and some tests work synchronously for
  // minutes on a busy machine.
  timeout: soak ? '30m' : '15m',
  // Every spec runs every time; a CI system's "node 2 of 4" must not pick a part of them.
  utilizeParallelBuilds: false,
};
