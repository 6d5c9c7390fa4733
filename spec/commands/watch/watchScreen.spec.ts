import test from 'ava';

import { onFleetKey } from '../../../commands/fleet/reader/fleetKeys';
import { keysOf } from '../../../commands/watch/watchKeys';
import type { Canvas } from '../../../commands/watch/watchCanvas';
import { drawScreen, logRoom } from '../../../commands/watch/watchScreen';
import { nothingWatched, onBuilds, onKey, onLog, type WatchState } from '../../../commands/watch/watchState';
import type { WatchedBuild } from '../../../commands/watch/watchBuilds';
import type { AppName, BuildId } from '../../../host/dokku/names';
import { readPrinted, readPrintedText } from '../../../host/terminal/printed';
import { widthOf } from '../../../host/terminal/table/width';

function watched(
  app: string,
  id: string,
  displayStatus: 'running' | 'unknown' | 'succeeded' = 'succeeded',
): WatchedBuild {
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
    displayStatus !== 'succeeded'
      ? ({ ...begun, startedAt: at, status: 'running' } as const)
      : ({ ...begun, startedAt: at, finishedAt: at, status: 'succeeded', exitCode: 0, cause: 'exit' } as const);
  return { app: app as AppName, shown: { build, displayStatus, duration: '0s', durationSeconds: 0 } };
}

const state = (...builds: WatchedBuild[]): WatchState => onBuilds(nothingWatched, builds);
const now = Date.parse('2026-04-30T13:55:00Z');

function canvas(columns: number, rows: number, rest: Partial<Canvas> = {}): Canvas {
  return { columns, rows, colour: false, unicode: true, now, lastLine: () => '', of: 'host', isLocal: true, ...rest };
}

/** What somebody reads on the screen. */
function screen(shown: WatchState, on: Canvas): string[] {
  return readPrintedText(drawScreen(shown, on).join('\n'));
}

/** The state after these keys, with `log` as the log of whatever is asked for. */
function typed(from: WatchState, keys: readonly string[], on: Canvas, log = ''): WatchState {
  return keys.reduce((before, key) => {
    const [after] = onKey(before, key, logRoom(on));
    const of = after.view.name === 'log' ? after.view.of : after.builds[after.selected];
    return onLog(after, of && { of, lines: readPrinted(log) }, logRoom(on));
  }, from);
}

const many = Array.from({ length: 30 }, (_, index) =>
  watched(`app-${index}`, `b${index}`, index < 3 ? 'running' : 'succeeded'),
);

test('no screen is too small: never more lines than rows, nor longer ones than columns', (t) => {
  const log = `${'日本語 '.repeat(60)}\n\u001b[31m${'x'.repeat(300)}`;
  for (const [columns, rows] of [
    [1, 1],
    [10, 3],
    [40, 9],
    [80, 24],
    [120, 40],
    [200, 60],
  ] as const) {
    const on = canvas(columns, rows, { colour: true, lastLine: () => 'x'.repeat(500) });
    for (const keys of [[], ['?'], ['/', 'a'], ['enter'], ['enter', 'w', 'right'], ['c']]) {
      const lines = drawScreen(typed(state(...many), ['home', ...keys], on, log), on);
      t.true(lines.length <= rows, `${columns}×${rows}`);
      for (const line of lines)
        t.true(widthOf(readPrintedText(line).join('')) <= columns, `${columns}×${rows}: ${line}`);
    }
  }
});

test('the selected build is always on the screen, and stays selected when others come before it', (t) => {
  const builds = Array.from({ length: 30 }, (_, index) => watched('app', `b${index}`));
  const on = canvas(100, 10);
  const bottom = typed(state(...builds), ['G'], on);
  t.true(screen(bottom, on).some((line) => line.includes('>app') && line.includes(' b29 ')));
  const more = onBuilds(bottom, [watched('app', 'new', 'running'), ...builds]);
  t.true(screen(more, on).some((line) => line.includes('>app') && line.includes(' b29 ')));
});

test('/ filters the list while one types; Enter keeps the filter, Escape clears it', (t) => {
  const on = canvas(80, 24);
  const filtered = typed(state(...many), ['/', 'A', 'p', 'p', '-', '2', '8'], on);
  t.true(screen(filtered, on).at(-1)?.includes('/App-28_'));
  t.deepEqual(
    screen(filtered, on)
      .filter((line) => line.includes('app-'))
      .map((line) => line.slice(0, 7)),
    ['>app-28'],
  );
  const kept = typed(filtered, ['backspace', 'enter'], on);
  t.regex(screen(kept, on)[0] ?? '', /host: 1 running, "App-2": 11 of 30/);
  t.is(screen(typed(kept, ['escape'], on), on)[0]?.includes('App-2'), false);
  t.is(onKey(filtered, 'q', logRoom(on))[1], undefined, 'a letter that is typed is not a command');
});

test('on a narrow terminal the footer still says how to get help and how to quit', (t) => {
  t.is(
    screen(state(...many), canvas(40, 24))
      .at(-1)
      ?.trim(),
    '↑↓ select   Enter log   ? keys   q quit',
  );
  t.is(
    screen(state(...many), canvas(80, 24))
      .at(-1)
      ?.includes('c cancel   ? keys   q quit'),
    true,
  );
});

test('builds of other hosts: no key is offered that needs their logs or processes, and no room for a log', (t) => {
  const on = canvas(120, 30, { isLocal: false });
  const shown = screen(state(...many), on);
  t.is(shown.at(-1)?.trim(), '↑↓ select   / filter   ? keys   q quit');
  t.true(shown[0]?.trimEnd().endsWith('UTC'));
  const help = screen(typed(state(...many), ['?'], on), on).join('\n');
  t.regex(help, /filter by app/);
  t.notRegex(help, /log|cancel/);
});

test('builds of other hosts: a key that needs their logs or processes says so at once, and asks nothing', (t) => {
  const on = canvas(80, 24, { isLocal: false });
  for (const [key, said] of [
    ['c', 'Builds are canceled on their hosts: dokku builds:cancel there'],
    ['enter', 'Logs stay on their hosts: dokku builds:output there'],
  ] as const) {
    const [after, effect] = onFleetKey(state(...many), key, logRoom(on));
    t.is(screen(after, on).at(-1)?.trim(), said);
    t.deepEqual([after.prompt, after.view.name, effect], [undefined, 'list', undefined]);
    t.is(onFleetKey(after, 'down', logRoom(on))[0].message, '');
  }
  const [filtering] = onFleetKey(state(...many), '/', logRoom(on));
  t.true(
    screen(onFleetKey(filtering, 'c', logRoom(on))[0], on)
      .at(-1)
      ?.includes('/c_'),
  );
  t.is(onFleetKey(state(...many), 'q', logRoom(on))[1], 'quit');
});

test('? shows every key, and the next key closes it', (t) => {
  const on = canvas(80, 30);
  const help = typed(state(...many), ['?'], on);
  for (const text of ['PgUp PgDn', 'wrap long lines', 'Any key closes'])
    t.true(screen(help, on).join('\n').includes(text), text);
  const [closed, effect] = onKey(help, 'q', logRoom(on));
  t.deepEqual([closed.prompt, effect], [undefined, undefined]);
});

test('long lines of a log wrap, and w shows them in one row that scrolls sideways', (t) => {
  const on = canvas(40, 10);
  const log = `${Array.from({ length: 30 }, (_, n) => String(n).padStart(3)).join('')}\nend`;
  const wrapped = typed(state(...many), ['enter'], on, log);
  t.deepEqual(
    screen(wrapped, on)
      .slice(2, 5)
      .map((line) => line.length),
    [39, 40, 10],
  );
  const one = typed(wrapped, ['w'], on, log);
  t.deepEqual(
    screen(one, on).slice(2, 4),
    ['  0  1  2  3  4  5  6  7  8  9 10 11 12 ', 'end'].map((line) => line.trimEnd()),
  );
  const right = typed(one, ['right'], on, log);
  t.regex(screen(right, on)[1] ?? '', /from column 21/);
  t.regex(screen(right, on)[2] ?? '', /^6 {2}7 {2}8 /);
  t.regex(screen(typed(right, ['right', 'right', 'right', 'right'], on, log), on)[2] ?? '', / 29$/);
});

test('/ in a log shows only the lines with a text', (t) => {
  const on = canvas(80, 10);
  const found = typed(state(...many), ['enter', '/', 'E', 'R', 'enter'], on, 'one\nan Error\ntwo');
  t.deepEqual(screen(found, on).slice(1, 4), [' rows 1-1 of 1, with "ER", following', 'an Error', '']);
  t.regex(screen(typed(found, ['/', 'x'], on, 'one'), on).join('\n'), /No line has this text/);
});

test('only the log of a running build is followed', (t) => {
  const on = canvas(80, 10);
  t.regex(screen(typed(state(watched('app', 'b1', 'running')), ['enter'], on, 'x'), on).join('\n'), /following/);
  const finished = screen(typed(state(watched('app', 'b1')), ['enter'], on, 'x'), on).join('\n');
  t.notRegex(finished, /follow/);
});

test('a wide terminal has the log of the selected build beside the list, in its colours', (t) => {
  const on = canvas(120, 20, { colour: true });
  const shown = typed(state(...many), ['down'], on, 'first\n\u001b[32mgreen\u001b[0m');
  t.regex(screen(shown, on)[0] ?? '', /host: 3 running.* │ app-1 b1: running/);
  t.true(drawScreen(shown, on).join('\n').includes('\u001b[0;32mgreen'));
  t.false(
    drawScreen(shown, { ...on, colour: false })
      .join('\n')
      .includes('[0;32m'),
  );
  t.true(screen(shown, canvas(119, 20)).every((line) => !line.includes('│')));
});

test('a terminal without Unicode gets ASCII only', (t) => {
  const on = canvas(130, 30, { unicode: false });
  for (const keys of [[], ['?'], ['enter']]) {
    t.regex(screen(typed(state(...many), ['home', ...keys], on, 'x'), on).join('\n'), /^[\n\x20-\x7e]*$/);
  }
});

test('a cancel is asked for once, and any key but y takes it back', (t) => {
  const one = state(watched('app', 'b1', 'running'));
  const room = logRoom(canvas(80, 24));
  const [asking, nothing] = onKey(one, 'c', room);
  t.deepEqual([asking.prompt?.name, nothing], ['cancel', undefined]);
  t.regex(screen(asking, canvas(80, 24)).at(-1) ?? '', /Cancel build b1 of app\? \[y\/N\]/);
  for (const key of ['n', 'q', 'enter', 'escape', 'Y', 'c']) {
    const [answered, effect] = onKey(asking, key, room);
    t.deepEqual([answered.prompt, effect], [undefined, undefined], key);
  }
  t.deepEqual<unknown, unknown>(onKey(asking, 'y', room)[1], { cancel: one.builds[0] });
});

test('keys come as bytes, several at once', (t) => {
  t.deepEqual(keysOf('j\u001b[A\u001bOB\r\u001b[5~\u0003é\u007f\u001b[C\u001b'), [
    ...['j', 'up', 'down', 'enter', 'pageup', 'interrupt', 'é', 'backspace', 'right', 'escape'],
  ]);
});

test('a build of a host that is silent is unknown, and not among the running ones', (t) => {
  const on = canvas(80, 6, { lastLine: () => 'heard 2h ago', of: 'fleet', isLocal: false });
  const drawn = screen(state(watched('web1/shop', 'b1', 'running'), watched('web2/shop', 'b2', 'unknown')), on);
  t.regex(drawn[0] ?? '', / fleet: 1 running /);
  t.regex(drawn[4] ?? '', /^ web2\/shop +\? unknown +0s +heard 2h ago$/);
});
