import test from 'ava';

import { parseBuildId } from '../../../host/dokku/names';
import type { Build } from '../../../journal/history';
import { exitCodeText } from '../../../projections/events/exitCodeText';
import { errorLine, whyFailed } from '../../../projections/lists/whyFailed';

const begun = {
  id: parseBuildId('b1'),
  kind: 'build',
  source: 'git-hook',
  process: { pid: 1 },
  startedAt: '2026-04-30T13:50:00Z',
  actor: {},
  adopted: false,
} as const;
const finishedAt = '2026-04-30T13:51:00Z';

const failed = (exitCode: number): Build => ({ ...begun, status: 'failed', exitCode, cause: 'exit', finishedAt });

test('an exit code is said in words if it has some', (t) => {
  t.is(exitCodeText(137), 'exit code 137: killed, often out of memory');
  t.is(exitCodeText(127), 'exit code 127: command not found');
  t.is(exitCodeText(2), 'exit code 2');
});

test('the last line that looks like an error is taken, and not what Dokku prints for every failure', (t) => {
  const log = [
    'remote: warning: errors ahead? no',
    'shop.c:14: error: expected a semicolon',
    'make: *** [shop] Error 1',
    'cleaning up',
    ' !     App build failed',
  ];
  t.is(errorLine(log), 'shop.c:14: error: expected a semicolon');
  t.is(errorLine(['npm ERR! missing script: build', '', 'done']), 'npm ERR! missing script: build');
  t.is(errorLine(['all is well', ' !     Unable to select a buildpack']), 'Unable to select a buildpack');
});

test('what compilers, package managers and runtimes say is found among what comes after it', (t) => {
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
    t.is(errorLine(lines), why);
  }
  t.is(errorLine(['-----> Released', 'Compiled: 0 errors']), undefined);
});

test('what Dokku prints for every failure is taken if there is nothing else', (t) => {
  t.is(errorLine(['compiling', ' !     App build failed']), 'App build failed');
  t.is(errorLine(['compiling', 'done']), undefined);
});

test('a failed build has a reason: how it ended, and the line of its log', (t) => {
  t.is(
    whyFailed(failed(137), ['fatal: out of memory']),
    'exit code 137: killed, often out of memory - fatal: out of memory',
  );
  t.is(whyFailed(failed(2), []), 'exit code 2');
  const unreported: Build = { ...begun, status: 'failed', exitCode: -1, cause: 'abandoned', finishedAt };
  t.is(whyFailed(unreported, [' !     App build failed']), 'ended without reporting - App build failed');
});

test('a build that did not fail has none', (t) => {
  t.is(whyFailed({ ...begun, status: 'running' }, ['error: x']), '');
  t.is(whyFailed({ ...begun, status: 'succeeded', exitCode: 0, cause: 'exit', finishedAt }, ['error: x']), '');
});
