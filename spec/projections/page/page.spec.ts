import test from 'ava';
import fc from 'fast-check';

import { type AppName, parseBuildId } from '../../../host/dokku/names';
import { HOUR_MS } from '../../../host/durations';
import { sumOf } from '../../../projections/page/ends';
import { pageHtml } from '../../../projections/page/page';
import { started } from '../../journal/buildEvents';
import { demoApp, demoHost, demoLog, NOW, pageSource, shownLog } from './demoPage';
import { anyText } from '../../anyText';

test('what failed last comes first, with why, who and the commit', (t) => {
  const html = pageHtml(demoHost(12, 5));
  const failing = html.slice(html.indexOf('id="page:failing"'), html.indexOf('id="page:overview"'));
  t.regex(
    failing,
    /<b>shop<\/b><\/a> <span class="status failed">failed<\/span> <time datetime="[^"]+Z">\w+ ago<\/time>/,
  );
  t.regex(failing, /by \S+, <code>[0-9a-f]{7}<\/code>, git-hook, after \w+/);
  t.true(failing.includes("<code>error TS2304: Cannot find name 'checkuot'.</code>"));
  t.true(failing.includes('exit code 137: killed, often out of memory'));
  t.true(html.indexOf('page:failing') < html.indexOf('page:overview'));
});

test('a long error line is cut between characters', (t) => {
  const apps = [demoApp('shop', [{ id: 'b1', status: 'failed', hours: 1 }])];
  for (const before of ['', 'x']) {
    const html = pageHtml(pageSource(apps, { log: () => shownLog(`error: ${before}${'😀'.repeat(400)}`) }));
    t.regex(/<code>(error: [^<]*)/.exec(html)?.[1] ?? '', /^error: x?(?:😀)+…$/u);
  }
});

test('apps whose last build failed stand before the others, the latest failure first', (t) => {
  const apps = [
    demoApp('fine', [{ id: 'a1', status: 'succeeded', hours: 1 }]),
    demoApp('old', [{ id: 'b1', status: 'failed', hours: 9 }]),
    demoApp('mended', [
      { id: 'c2', status: 'succeeded', hours: 1 },
      { id: 'c1', status: 'failed', hours: 2 },
    ]),
    demoApp('new', [
      { id: 'd2', status: 'running', hours: 0 },
      { id: 'd1', status: 'failed', hours: 3 },
    ]),
  ];
  const html = pageHtml(pageSource(apps));
  const rows = [...html.matchAll(/<tr data-app=(\w+)/g)].map(([, app]) => app);
  t.deepEqual(rows, ['new', 'old', 'fine', 'mended']);
  t.deepEqual(
    [...html.matchAll(/<details class=app id="app:(\w+)" data-app=\w+( open)?>/g)].map(([, app, open]) => [
      app,
      open !== undefined,
    ]),
    [
      ['new', true],
      ['old', true],
      ['fine', false],
      ['mended', false],
    ],
  );
});

test('each build has a row with its time and age, its commit and who started it, and its id is its address', (t) => {
  const html = pageHtml(
    pageSource([demoApp('shop', [{ id: 'b7', status: 'failed', hours: 3, exitCode: 3 }])], { single: true }),
  );
  t.regex(
    html,
    /<tr id="b7" class=failed><th scope=row><a href="#b7">b7<\/a><td class=failed>failed<td><time>2026-11-26 08:45:00<\/time> <small>3h ago<\/small><td>1m14s<td><code>[0-9a-f]{7}<\/code><td>[\w-]+<td>git-hook<td>3</,
  );
  const same = [
    demoApp('a', [{ id: 'ghost001', status: 'failed', hours: 1 }]),
    demoApp('b', [{ id: 'ghost001', status: 'failed', hours: 1 }]),
  ];
  const both = pageHtml(pageSource(same));
  t.true(both.includes('id="a/ghost001"') && both.includes('id="b/ghost001"') && !both.includes('id="ghost001"'));
});

test('a time with an offset is shown in UTC', (t) => {
  const build = { id: 'b1', status: 'succeeded', hours: 1, startedAt: '2026-11-26T12:30:00+02:00' } as const;
  t.true(
    pageHtml(pageSource([demoApp('shop', [build])], { single: true })).includes(
      '<time>2026-11-26 10:30:00</time> <small>75m ago</small>',
    ),
  );
});

test('the log of the last failure is open, others are folded', (t) => {
  const builds = [
    { id: 'b3', status: 'succeeded', hours: 1 },
    { id: 'b2', status: 'failed', hours: 2 },
    { id: 'b1', status: 'failed', hours: 3 },
  ] as const;
  const html = pageHtml(pageSource([demoApp('shop', builds)], { single: true }));
  const open = [...html.matchAll(/<details( open)?><summary>[^<]*<span class=sr-only> of build (\w+)/g)].map(
    ([, is, id]) => [id, is !== undefined],
  );
  t.deepEqual(open, [
    ['b3', true],
    ['b2', true],
    ['b1', false],
  ]);
});

test('a log is shown as a terminal shows it, and a limit counts what is seen', (t) => {
  const bar = Array.from(
    { length: 200 },
    (_, n) => `\r\u001b[K\u001b[32m${'#'.repeat(n / 4)}\u001b[0m ${n / 2} %`,
  ).join('');
  const text = `first\n${bar}\r\u001b[K100 %\n${'x'.repeat(2500)}\nlast\u0000\u0007 \u202eline\n`;
  const log = () => shownLog(text);
  const html = pageHtml(
    pageSource([demoApp('shop', [{ id: 'b1', status: 'failed', hours: 1 }])], { single: true, log }),
  );
  t.true(html.includes('first\n100 %\n'));
  t.regex(html, /x{2000} … 500 more characters\nlast \\u202eline<\/code>/);
});

test('whatever a log holds, it is text, and no control character of it reaches the page', (t) => {
  const piece = fc.oneof(
    anyText(),
    fc.constantFrom(
      '<script>',
      '</pre>',
      '<!--',
      '\u001b[31m',
      '\u001b]8;;javascript:alert(1)\u0007',
      '\r',
      '&',
      '"',
      '\u009b',
      '\u202e',
      '\n',
    ),
  );
  fc.assert(
    fc.property(fc.array(piece), (pieces) => {
      const text = `x${pieces.join('')}`;
      const app = demoApp('shop', [{ id: 'b1', status: 'failed', hours: 1 }]);
      const html = pageHtml(pageSource([app], { single: true, log: () => shownLog(text) }));
      // eslint-disable-next-line no-control-regex -- they are what must not be there
      t.notRegex(html, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
      t.is(html.split('</pre>').length, 3);
      t.is(html.split('<script>').length, 2);
      t.false(html.includes('<!--'));
    }),
    { numRuns: 200 },
  );
});

test('whatever names a build has, they are text, and no control character of them reaches the page', (t) => {
  const text = 'a\u0000\u001b[31m\u009b\u202e"><script>\'&\u2028\n';
  const app = demoApp('shop', [
    { id: 'b2', status: 'running', hours: 1, source: text },
    { id: 'b1', status: 'failed', hours: 2, source: text },
  ]);
  const named = { source: text, actor: { user: text, key: text, command: text }, revision: text };
  const builds = app.builds.map((shown) => ({ ...shown, build: { ...shown.build, ...named } }));
  const at = NOW;
  const event = { ...started('b1'), ...named };
  const events = new Map([[parseBuildId('b1'), [{ seq: 1, id: 'e1', at, schema: 2, event }]]]);
  for (const single of [true, false]) {
    const html = pageHtml(pageSource([{ ...app, builds, events }], { single }));
    // eslint-disable-next-line no-control-regex -- they are what must not be there
    t.notRegex(html, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e\u2028]/);
    t.is(html.split('<script>').length, 2);
    t.true(html.includes('a\\x00\\x1b[31m'));
  }
});

test('the chart covers the time that has data, and shows canceled builds apart from failed ones', (t) => {
  const builds = [
    { id: 'b3', status: 'canceled', hours: 30 },
    { id: 'b2', status: 'failed', hours: 200 },
    { id: 'b1', status: 'succeeded', hours: 300 },
  ] as const;
  const html = pageHtml(pageSource([demoApp('shop', builds)]));
  const figure = html.slice(html.indexOf('<figure>'), html.indexOf('</figure>'));
  t.regex(figure, /aria-label="Builds per day from 2026-11-13 to 2026-11-26: 1 succeeded, 1 failed, 1 canceled"/);
  for (const name of ['succeeded-bar', 'failed-bar', 'canceled-bar'])
    t.regex(figure, new RegExp(`<path class=${name} d="M`));
  const days = [...figure.matchAll(/<span>(\d{4}-\d\d-\d\d)<\/span>/g)].map(([, day]) => day);
  t.deepEqual([days.length, days[0], days.at(-1)], [5, '2026-11-13', '2026-11-26'], 'the last bar is that of today');
  const young = pageHtml(pageSource([demoApp('shop', [{ id: 'b1', status: 'failed', hours: 5 }])]));
  t.regex(young, /Builds per hour from 2026-11-26/);
});

test('figures and chart count all builds, and a figure of only the latest ones says so', (t) => {
  const shop = demoApp('shop', [
    { id: 'b2', status: 'succeeded', hours: 2 },
    { id: 'b1', status: 'failed', hours: 3 },
  ]);
  const hour = Math.floor(NOW / HOUR_MS);
  const ends = new Map([
    [hour - 2, { succeeded: 1, failed: 0, canceled: 0 }],
    [hour - 20, { succeeded: 97, failed: 2, canceled: 1 }],
  ]);
  const html = pageHtml(pageSource([{ ...shop, total: sumOf(ends.values()) }], { ends }));
  const overview = html.slice(html.indexOf('id="page:overview"'), html.indexOf('id="page:builds"'));
  for (const text of [
    '<dt>Success rate<dd>98 % <small>of 100 builds</small>',
    '<small>of the last 2 builds</small>',
    '<dt>Failed<dd>2 <small>and 1 canceled</small>',
    ': 98 succeeded, 2 failed, 1 canceled"',
    'Timeline, success and median cover at most the last 2 builds of an app.',
    '<td>101',
  ]) {
    t.true(overview.includes(text), text);
  }
  t.false(pageHtml(pageSource([shop])).includes('of the last'));
});

test('a page of 1,000 apps is below 2 MB, and each app is on it with its last build', (t) => {
  for (const [apps, builds] of [
    [1000, 20],
    [1000, 3],
    [300, 20],
  ] as const) {
    const html = pageHtml(demoHost(apps, builds));
    t.true(Buffer.byteLength(html) < 1_950_000, `${apps} × ${builds}: ${html.length}`);
    t.is(html.match(/<tr data-app=/g)?.length, apps);
    t.is(html.match(/<details class=app /g)?.length, apps);
  }
  const { apps, ...rest } = demoHost(1000, 10);
  const long = apps.map((page) => ({ ...page, app: page.app.padEnd(80, 'x') as AppName }));
  const html = pageHtml({ ...rest, apps: long });
  t.true(Buffer.byteLength(html) < 1_950_000, String(html.length));
  t.is(html.match(/<tr data-app=/g)?.length, 1000);
});

test('the page of one app has a row for each build, and its events and record', (t) => {
  const html = pageHtml(pageSource(demoHost(1, 100).apps, { single: true }));
  t.is(html.match(/<th scope=row>/g)?.length, 100);
  t.is(html.match(/&quot;|"started_at"/g)?.length, 100);
});

test('every link leads to something on the page, and no two things have the same address', (t) => {
  for (const html of [pageHtml(demoHost(30, 20)), pageHtml(pageSource(demoHost(1, 9).apps, { single: true }))]) {
    const ids = [...html.matchAll(/ id=(?:"([^"]+)"|([^\s>]+))/g)].map(([, quoted, plain]) => quoted ?? plain);
    t.is(new Set(ids).size, ids.length);
    const links = new Set([...html.matchAll(/href="#([^"]*)"/g)].map(([, to]) => to));
    for (const to of links) t.true(ids.includes(to), to);
  }
});

test('a host without builds has a page', (t) => {
  t.regex(pageHtml(pageSource([])), /There are no apps/);
  t.regex(pageHtml(pageSource([demoApp('shop', [])], { single: true, now: NOW })), /No builds recorded for this app/);
  t.true(demoLog(true).length > 0);
});
