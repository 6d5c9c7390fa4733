const soak = process.env.SOAK === '1';

/** What takes longest begins first, so that nothing is waited for alone at the end. */
const longest = [
  'journal/file/everyByte',
  'endToEnd/install/lifecycle',
  'endToEnd/durability/',
  'endToEnd/install/',
  'endToEnd/api/',
];
const rank = (file) => {
  const place = longest.findIndex((part) => file.includes(`/spec/${part}`));
  return place < 0 ? longest.length : place;
};

export default {
  sortTestFiles: (a, b) => rank(a) - rank(b) || (a < b ? -1 : 1),
  files: ['spec/**/*.spec.ts'],
  extensions: { ts: 'commonjs' },
  require: ['ts-node/register/transpile-only', './scripts/sandbox/umask.ts'],
  // Specs start processes and send signals: each file has a process of its own.
  workerThreads: false,
  // Longest silence of the whole run, not a budget. Only the end of a test breaks it, and one that works synchronously all the while was
  // silent for 3 min 39 s on a machine with a load of 50.
  timeout: soak ? '30m' : '15m',
  // Every spec runs every time; a CI system's "node 2 of 4" must not pick a part of them.
  utilizeParallelBuilds: false,
};
