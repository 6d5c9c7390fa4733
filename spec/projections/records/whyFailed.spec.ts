import test from 'ava';

import { exitCodeMeaning, lastErrorLine } from '../../../projections/records/whyFailed';

test('the last line that looks like an error is why, and a sentence that only says that something failed is not', (t) => {
  for (const [why, ...lines] of [
    [
      "error TS2304: Cannot find name 'x'.",
      '-----> Build',
      "       error TS2304: Cannot find name 'x'.",
      ' !     App build failed',
    ],
    [
      'npm ERR! Missing script: "build"',
      'npm ERR! code ELIFECYCLE',
      'npm ERR! Missing script: "build"',
      'npm ERR! A complete log of this run can be found in: x',
    ],
    [
      'shop currently has a deploy lock in place. Exiting...',
      ' !     shop currently has a deploy lock in place. Exiting...',
    ],
    ["fatal: repository 'x' not found", 'Cloning', "fatal: repository 'x' not found"],
    [
      'ModuleNotFoundError: No module named "flask"',
      'Traceback (most recent call last):',
      '  File "app.py"',
      'ModuleNotFoundError: No module named "flask"',
      'all done',
    ],
    ['panic: runtime error: index out of range', 'panic: runtime error: index out of range', 'exit status 2'],
    ['sh: 1: vite: not found', 'sh: 1: vite: not found', 'The command "build" returned a non-zero code: 127'],
    ['App build failed', 'Compiled with 0 errors', 'warning: an error may follow', ' !     App build failed'],
  ] as const) {
    t.is(lastErrorLine(lines), why);
  }
  t.is(lastErrorLine(['-----> Released', 'Compiled: 0 errors']), undefined);
  t.is(lastErrorLine([]), undefined);
});

test('exit codes that mean something by convention are said in words', (t) => {
  t.is(exitCodeMeaning(137), 'killed, often out of memory');
  t.is(exitCodeMeaning(127), 'a command was not found');
  t.is(exitCodeMeaning(140), 'ended by signal 12');
  t.is(exitCodeMeaning(1), undefined);
  t.is(exitCodeMeaning(255), undefined);
});
