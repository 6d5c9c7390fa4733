import fs, { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import test, { type ExecutionContext } from 'ava';

import { parseAppName, parseBuildId } from '../../../host/dokku/names';
import { thisSystem } from '../../../host/system/system';
import {
  addRunning,
  forgetRunning,
  type MayRun,
  readRunning,
  rebuildRunning,
  removeRunning,
  runningOf,
} from '../../../projections/lists/runningBuilds';
import { temporaryDirectory } from '../../temporaryHost';

const [app, other] = [parseAppName('myapp'), parseAppName('other')];
const [b1, b2, b3] = [parseBuildId('b1'), parseBuildId('b2'), parseBuildId('b3')];
const never = (): boolean => false;

test('a view that does not exist is not trusted', (t) => {
  t.is(readRunning(temporaryDirectory(t)), undefined);
  const root = temporaryDirectory(t);
  addRunning(root, app, [b1]);
  t.is(readRunning(root), undefined);
});

test('a view that was made follows what starts and ends', (t) => {
  const root = view(t, []);
  t.deepEqual(readRunning(root), []);
  addRunning(root, app, [b1]);
  addRunning(root, app, [b2]);
  addRunning(root, other, [b3]);
  t.deepEqual(readRunning(root), [
    { app, build: b1 },
    { app, build: b2 },
    { app: other, build: b3 },
  ]);
  removeRunning(root, app, [b1]);
  removeRunning(root, other, [b3, b2]);
  t.deepEqual(readRunning(root), [{ app, build: b2 }]);
});

test('starts and ends that are reported twice make no difference', (t) => {
  const root = view(t, []);
  addRunning(root, app, [b1]);
  addRunning(root, app, [b1]);
  t.deepEqual(readRunning(root), [{ app, build: b1 }]);
  removeRunning(root, app, [b1]);
  removeRunning(root, app, [b1]);
  t.deepEqual(readRunning(root), []);
});

test('a destroyed app leaves the view', (t) => {
  const root = view(t, [
    { app, build: b1 },
    { app: other, build: b3 },
  ]);
  forgetRunning(root, app);
  t.deepEqual(readRunning(root), [{ app: other, build: b3 }]);
});

test('a view that is made anew names what runs, what may, and not what is known to have ended', (t) => {
  const root = view(t, [
    { app, build: b1 },
    { app, build: b2 },
  ]);
  rebuildRunning(root, [{ app: other, build: b3 }], ({ build }) => build === b1, thisSystem);
  t.deepEqual(readRunning(root), [
    { app, build: b2 },
    { app: other, build: b3 },
  ]);
});

const running = [
  { app, build: b1 },
  { app, build: b2 },
  { app: other, build: b3 },
];

for (const [what, damage] of [
  ['an entry is deleted', (root: string) => rmSync(join(root, '.running/myapp/b2'))],
  ['an app is deleted', (root: string) => rmSync(join(root, '.running/myapp'), { recursive: true })],
  ['all is deleted', (root: string) => rmSync(join(root, '.running'), { recursive: true })],
  ['the seal is deleted', (root: string) => rmSync(join(root, '.running/.seal'))],
  ['the seal is emptied', (root: string) => writeFileSync(join(root, '.running/.seal'), '')],
  [
    'the seal is a directory',
    (root: string) => {
      rmSync(join(root, '.running/.seal'));
      mkdirSync(join(root, '.running/.seal'));
    },
  ],
  [
    'the seal is a link',
    (root: string) => {
      const text = readFileSync(join(root, '.running/.seal'));
      writeFileSync(join(root, 'elsewhere'), text);
      rmSync(join(root, '.running/.seal'));
      symlinkSync('../elsewhere', join(root, '.running/.seal'));
    },
  ],
  ['an entry is added', (root: string) => writeFileSync(join(root, '.running/other/b9'), '')],
] as const) {
  test(`a view is not believed when ${what}, nor after the next change, until it is made anew`, (t) => {
    const root = view(t, running);
    damage(root);
    t.is(readRunning(root), undefined);
    if (what !== 'the seal is a directory') addRunning(root, other, [b1]);
    t.is(readRunning(root), undefined);
    rmSync(join(root, '.running'), { recursive: true, force: true });
    rebuildRunning(root, running, never, thisSystem);
    t.deepEqual(readRunning(root), running);
  });
}

test('a seal that is cut or damaged in any bit is not trusted', (t) => {
  const root = view(t, running);
  const path = join(root, '.running/.seal');
  const bytes = readFileSync(path);
  for (let cut = 0; cut < bytes.length; cut += 1) {
    writeFileSync(path, bytes.subarray(0, cut));
    t.deepEqual(readRunning(root) ?? running, running, `cut at ${cut}`);
  }
  for (let bit = 0; bit < 8 * bytes.length; bit += 1) {
    const flipped = Buffer.from(bytes);
    flipped.writeUInt8(flipped.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
    writeFileSync(path, flipped);
    t.deepEqual(readRunning(root) ?? running, running, `bit ${bit}`);
  }
  writeFileSync(path, bytes);
  t.deepEqual(readRunning(root), running);
});

test('a name that no app and no build has is ignored', (t) => {
  const root = view(t, running);
  writeFileSync(join(root, '.running/myapp/.tmp'), '');
  writeFileSync(join(root, '.running/Stray'), '');
  t.deepEqual(readRunning(root), running);
});

for (const [moment, call] of [
  ['has found its directory', 'statSync'],
  ['has made its directory', 'mkdirSync'],
] as const) {
  test.serial(`a start is not lost when the last build of its app ends right after it ${moment}`, (t) => {
    const root = view(t, call === 'statSync' ? [{ app, build: b1 }] : []);
    const directory = join(root, '.running', app);
    const original = fs[call] as (...args: unknown[]) => unknown;
    const callAndLose = (...args: unknown[]): unknown => {
      if (args[0] !== directory) return original(...args);
      Object.assign(fs, { [call]: original });
      try {
        return original(...args);
      } finally {
        if (call === 'mkdirSync') fs.rmdirSync(directory);
        else removeRunning(root, app, [b1]);
      }
    };
    t.teardown(() => Object.assign(fs, { [call]: original }));
    Object.assign(fs, { [call]: callAndLose });
    t.notThrows(() => addRunning(root, app, [b2]));
    t.is(fs[call], original as (typeof fs)[typeof call], 'it was not called');
    t.deepEqual(runningOf(root, app), [b2]);
  });
}

test('a view that cannot be written is reported', (t) => {
  const root = view(t, []);
  writeFileSync(join(root, '.running/myapp'), 'a file where a directory belongs');
  t.throws(() => addRunning(root, app, [b1]), { code: 'EEXIST' });
});

function view(t: ExecutionContext, entries: readonly MayRun[]): string {
  const root = temporaryDirectory(t);
  rebuildRunning(root, entries, never, thisSystem);
  return root;
}
