import test from 'ava';

import { keysOf } from '../../../commands/watch/watchTerminal';
import { drawScreen } from '../../../commands/watch/watchScreen';
import { nothingWatched, onBuilds, onKey, type WatchState } from '../../../commands/watch/watchState';
import type { WatchedBuild } from '../../../commands/watch/watchBuilds';
import { fit } from '../../../commands/watch/watchWidth';
import type { AppName, BuildId } from '../../../host/dokku/names';
import { withoutAnsi } from '../../../projections/page/ansi';

function watched(app: string, id: string, displayStatus: 'running' | 'succeeded' = 'succeeded'): WatchedBuild {
  const begun = {
    id: id as BuildId,
    kind: 'build',
    source: 'git-hook',
    process: { pid: 1 },
    actor: {},
    adopted: false,
  } as const;
  const at = '2026-04-30T13:50:00Z';
  const build =
    displayStatus === 'running'
      ? ({ ...begun, startedAt: at, status: 'running' } as const)
      : ({ ...begun, startedAt: at, finishedAt: at, status: 'succeeded', exitCode: 0, cause: 'exit' } as const);
  return { app: app as AppName, seen: { build, displayStatus, duration: '0s' } };
}

const state = (...builds: WatchedBuild[]): WatchState => onBuilds(nothingWatched, builds);
const now = Date.parse('2026-04-30T13:55:00Z');

test('text is cut and padded to exactly the columns there are, wide characters counted twice', (t) => {
  t.is(fit('abc', 5), 'abc  ');
  t.is(fit('abcdef', 5), 'abcd…');
  t.is(fit('日本語', 6), '日本語');
  t.is(fit('日本語', 5), '日本…');
  t.is(fit('日本語', 4), '日 …');
  t.is(fit('é́x', 3), 'é́x ');
  t.is(fit('abc', 0), '');
});

test('no screen is too small: never more lines than rows, nor longer ones than columns', (t) => {
  const builds = Array.from({ length: 30 }, (_, index) =>
    watched(`app-${index}`, `b${index}`, index < 3 ? 'running' : 'succeeded'),
  );
  for (const [columns, rows] of [
    [1, 1],
    [10, 3],
    [40, 9],
    [200, 60],
  ] as const) {
    const canvas = { columns, rows, colors: true, now, lastLine: () => 'x'.repeat(500), of: 'host' };
    for (const shown of [state(...builds), onKey(state(...builds), 'enter', 1)[0]]) {
      const lines = drawScreen(shown, canvas);
      t.true(lines.length <= rows, `${columns}×${rows}`);
      for (const line of lines) t.true(withoutAnsi(line).length <= columns, `${columns}×${rows}: ${line}`);
    }
  }
});

test('the selected build is always on the screen, and stays selected when others come before it', (t) => {
  const builds = Array.from({ length: 30 }, (_, index) => watched('app', `b${index}`));
  const [bottom] = onKey(state(...builds), 'G', 10);
  const canvas = { columns: 100, rows: 10, colors: false, now, lastLine: () => '', of: 'app' };
  t.true(drawScreen(bottom, canvas).some((line) => line.includes('>app') && line.includes(' b29 ')));
  const more = onBuilds(bottom, [watched('app', 'new', 'running'), ...builds]);
  t.true(drawScreen(more, canvas).some((line) => line.includes('>app') && line.includes(' b29 ')));
});

test('a cancel is asked for once, and any key but y takes it back', (t) => {
  const one = state(watched('app', 'b1', 'running'));
  const [asking, nothing] = onKey(one, 'c', 10);
  t.deepEqual([asking.asking?.seen.build.id as string, nothing], ['b1', undefined]);
  for (const key of ['n', 'q', 'enter', 'escape', 'Y', 'c']) {
    const [answered, effect] = onKey(asking, key, 10);
    t.deepEqual([answered.asking, effect], [undefined, undefined], key);
  }
  t.deepEqual<unknown, unknown>(onKey(asking, 'y', 10)[1], { cancel: one.builds[0] });
});

test('keys come as bytes, several at once', (t) => {
  t.deepEqual(keysOf('j\u001b[A\u001bOB\r\u001b[5~\u0003é\u001b'), [
    ...['j', 'up', 'down', 'enter', 'pageup', 'interrupt', 'é', 'escape'],
  ]);
});
