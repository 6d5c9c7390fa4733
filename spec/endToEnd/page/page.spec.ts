import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import test from 'ava';

import { pageHtml } from '../../../projections/page/page';
import { createSandbox, type Sandbox } from '../../../scripts/sandbox/host';
import { demoHost, pageSource } from '../../projections/page/demoPage';
import { finishedRecord, writeRecords } from '../expectedRecord';
import { chromium, closeBrowser, openPage } from './chromium';

/*
 * The page of a sandbox as text, and in a browser if there is one: whatever a log holds, it is text, and nothing of
 * it runs.
 */

/** One after the other: each opens several pages. */
const inBrowser = chromium === undefined ? test.skip : test.serial;

const HOSTILE = [
  '<script>document.title = "owned"</script><img src=x onerror="document.title=1">',
  '</pre></code></details><style>body{display:none}</style><!-- <title>x</title>',
  '\u001b[31mred\u001b[0m \u001b[1;38;5;208morange\u001b[0m \u001b[38;2;1;2;3mblack\u001b[0m "quoted" \'too\' & &lt;',
  '\u001b]0;a title\u0007\u001b]8;;javascript:alert(1)\u001b\\link\u001b]8;;\u001b\\ \u001bPstring\u001b\\ bell\u0007 nul\u0000',
  '\u001b]0;without an end',
  '10 %\r50 %\r100 %',
  'left \u202eturned\u202c right',
  `${'x'.repeat(20_000)} the end of a long line`,
].join('\n');

let host: Sandbox;
/** The program on the host itself: only that takes --out. */
let program: string;
let single: string;
let whole: string;
let demo: string;

test.before(async () => {
  if (chromium === undefined) console.error('There is no chromium: the page is not opened in a browser');
  host = await createSandbox();
  program = join(host.paths.plugins, 'enabled', 'builds', 'bin', 'dokku-builds');
  for (const app of ['shop', 'blog', 'empty']) await host.createApp(app);
  writeRecords(
    host,
    finishedRecord('shop', 'good1', 10),
    finishedRecord('shop', 'bad2', 20, { status: 'failed', exit_code: 3 }),
    finishedRecord('shop', 'gone3', 30, { status: 'canceled', exit_code: -1 }),
    finishedRecord('blog', 'only1', 40, { source: '<i>odd</i>' }),
  );
  host.write(
    host.file('shop', 'gone3.log'),
    Buffer.concat([Buffer.from(HOSTILE), Buffer.from([0x0a, 0xff, 0xc3, 0x28, 0x0a])]),
  );
  const live = host.process();
  await host.trigger('builds-record-start', ['shop', 'live4', String(live.pid), 'ps:restart']);
  host.write(host.file('shop', 'live4.log'), '-----> \u001b[1;32mWorking\u001b[0m\n');
  single = join(host.paths.tmp, 'shop.html');
  whole = join(host.paths.tmp, 'host.html');
  demo = join(host.paths.tmp, 'demo.html');
  await host.run([program, 'page', 'shop', '--out', single]);
  await host.run([program, 'page', '--out', whole]);
  writeFileSync(demo, pageHtml(demoHost(12, 8)));
});

test.after.always(async () => {
  await closeBrowser();
  await host.remove();
});

const read = (file: string): string => readFileSync(file, 'utf8');

test('each build has a row with its record, its events, and the end of its log', (t) => {
  const html = read(single);
  for (const [id, status] of [
    ['live4', 'running'],
    ['gone3', 'canceled'],
    ['bad2', 'failed'],
    ['good1', 'succeeded'],
  ] as const) {
    t.regex(
      html,
      new RegExp(
        `<tr id="${id}" class=${status}><th scope=row><a href="#${id}">${id}</a>` +
          `<td class=${status}>${status}<td><time>20`,
      ),
      id,
    );
  }
  t.regex(html, /<time>2026-04-30 13:20:00<\/time> <small>\w+ ago<\/small><td>1m14s<td><td><td>git-hook<td>3</);
  t.true(html.includes('output of bad2'));
  t.regex(html, /<b>BuildFinished<\/b> failed, exit code 3, adopted/);
  t.true(html.includes(host.read('shop', 'bad2.json').replaceAll('<', '&lt;')));
  t.regex(html, /<dt>Success rate<dd>50 %/);
  t.false(html.includes('only1'));
});

test('the colours of a log are drawn, and nothing else that it asks of a terminal happens', (t) => {
  const html = read(single);
  t.true(html.includes('<span class=text-1>red</span>'));
  const orange = /<span class="(x\d+) bold">orange<\/span>/.exec(html)?.[1] ?? 'none';
  t.true(html.includes(`.${orange}{color:#ff8700}`));
  t.true(html.includes('\nlink  bell nul\n'));
  t.regex(html, /\n100 %\n/);
  t.true(html.includes('left \\u202eturned\\u202c right'));
  t.regex(html, /x{2000} … 18,023 more characters/);
  t.true(html.includes('\ufffd\ufffd('));
  // eslint-disable-next-line no-control-regex -- they are what must not be there
  t.notRegex(html, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
});

test('of a log that is one endless line, the end is shown', async (t) => {
  await host.createApp('endless');
  writeRecords(host, finishedRecord('endless', 'e1', 1));
  host.write(host.file('endless', 'e1.log'), `${'ä'.repeat(100_000)}.\n`);
  const { stdout } = await host.dokku(['builds:page', 'endless']);
  t.regex(stdout, /The last line of a log of 200,002 bytes<pre[^>]*><code>ä{2000} … [\d,]+ more characters/);
});

test('whatever a log or a record holds is text', (t) => {
  for (const html of [read(single), read(whole)]) {
    t.notRegex(html.replace(/<script>[^]*$/, ''), /<script|<img|<i>odd|<style>body|<!-- /);
    t.is(html.split('</style>').length, 2);
  }
  t.true(read(single).includes('&lt;script&gt;document.title = "owned"&lt;/script&gt;'));
  t.true(read(whole).includes('&lt;i&gt;odd&lt;/i&gt;'));
});

test('with an access control list only the apps of the caller are on it', async (t) => {
  const own = await createSandbox();
  t.teardown(() => own.remove());
  for (const app of ['mine', 'secret']) await own.createApp(app);
  own.addPlugin('acl', {
    'user-auth-app': '#!/usr/bin/env bash\nfor app in "${@:3}"; do [[ $app == secret ]] || echo "$app"; done\n',
  });
  const { stdout } = await own.dokku(['builds:page']);
  t.regex(stdout, /mine/);
  t.notRegex(stdout, /secret/);
  t.is((await own.dokku(['builds:page', 'secret'])).code, 20);
});

test('--out is for the program on the host alone: it replaces regular files only, in one step', async (t) => {
  const { stdout } = await host.dokku(['builds:page', 'blog']);
  t.regex(stdout, /^<!doctype html>\n[^]*<\/html>\n$/);
  t.is((await host.run([program, 'page', 'blog', '--out', '-'])).stdout.slice(0, 15), '<!doctype html>');
  const refused = await host.dokku(['builds:page', 'blog', '--out', join(host.paths.tmp, 'refused.html')]);
  t.is(refused.code, 1);
  t.false(existsSync(join(host.paths.tmp, 'refused.html')));
  t.deepEqual(
    readdirSync(host.paths.tmp).filter((name) => name.endsWith('.tmp')),
    [],
  );
  t.is(statSync(single).mode & 0o777, 0o644);
  const failed = await host.run([program, 'page', '--out', join(host.paths.tmp, 'none', 'x.html')]);
  t.is(failed.code, 1);
  t.regex(failed.stderr, /^ ! {5}Cannot write .*no such file or directory/);
  t.regex((await host.run([program, 'page', '--out', '/dev/null'])).stderr, /is not a regular file/);
});

test('an app that cannot be read is warned about, and the others are on the page', async (t) => {
  const own = await createSandbox();
  t.teardown(() => own.remove());
  for (const app of ['fine', 'linked']) await own.createApp(app);
  mkdirSync(own.paths.builds, { recursive: true });
  symlinkSync('/etc', join(own.paths.builds, 'linked'));
  const { code, stdout, stderr } = await own.dokku(['builds:page']);
  t.is(code, 0);
  t.regex(stderr, /^ ! {5}linked: /);
  t.regex(stdout, /app:fine/);
});

inBrowser(
  'a browser runs nothing of a log, asks for nothing, and the policy refuses nothing that the page needs',
  async (t) => {
    for (const file of [single, whole, demo]) {
      const { page, console: said, requests } = await openPage(file);
      t.deepEqual([said, requests], [[], [`file://${file}`]]);
      t.regex(await page.title(), /^Builds o[fn] /);
      t.is(await page.locator('footer').count(), 1);
      t.is(await page.locator('img, iframe, link, script[src]').count(), 0);
    }
    const { page } = await openPage(single);
    t.is(await page.locator('pre.log').count(), 4);
    t.true((await page.locator('pre.log').allTextContents()).some((text) => text.includes('<script>document.title')));
  },
);

inBrowser('a screen reader finds landmarks, headings in order, and names for everything', async (t) => {
  const { page } = await openPage(demo);
  for (const role of ['banner', 'main', 'search', 'contentinfo'] as const)
    t.is(await page.getByRole(role).count(), 1, role);
  t.is(await page.getByRole('heading', { level: 1 }).count(), 1);
  const levels = await page.evaluate<number[]>(
    `[...document.querySelectorAll('h1,h2,h3,h4')].map((one) => Number(one.tagName[1]))`,
  );
  for (const [n, level] of levels.entries()) t.true(level <= (levels[n - 1] ?? 0) + 1, levels.join());
  for (const region of ['Failing: the last build of 3 apps', 'Overview', 'Apps', 'Builds']) {
    t.is(await page.getByRole('region', { name: region, exact: true }).count(), 1, region);
  }
  t.is(await page.getByRole('searchbox', { name: 'Search' }).count(), 1);
  t.is(await page.getByRole('combobox', { name: 'Status' }).count(), 1);
  t.is(await page.getByRole('table', { name: 'Apps, failing ones first' }).getByRole('row').count(), 13);
  t.true((await page.getByRole('img', { name: /succeeded, \d+ failed, \d+ canceled/ }).count()) > 10);
  t.is(await page.locator('th:not([scope]), table:not(:has(caption)), svg:not([aria-label])').count(), 0);
});

inBrowser('the page can be searched and filtered by status, from the keyboard alone', async (t) => {
  const { page } = await openPage(demo);
  const rows = page.locator('tr[data-app]:visible th');
  const open = page.locator('details[data-app][open]');
  const openAtFirst = await open.count();
  await page.keyboard.press('Tab');
  t.is(await page.evaluate('document.activeElement.textContent'), 'Skip to the builds');
  await page.keyboard.press('/');
  await page.keyboard.type('BLOG');
  t.deepEqual(await rows.allTextContents(), ['blog']);
  t.is(await page.locator('details[data-app=blog][open]').count(), 1);
  t.is(await page.locator('details[data-app]:visible').count(), 1);
  const failing = page.locator('.failures b:visible');
  t.is(await failing.count(), 0);
  t.false(await page.getByRole('heading', { name: /^Failing/ }).isVisible());
  await page.getByRole('searchbox').fill('shop');
  t.deepEqual(await failing.allTextContents(), ['shop']);
  await page.getByRole('searchbox').fill('');
  t.is(await open.count(), openAtFirst, 'what the search has opened is closed again');
  t.is(await failing.count(), 3);
  await page.getByRole('combobox', { name: 'Status' }).selectOption('canceled');
  t.is(await failing.count(), 0);
  const shown = await page.locator('details[data-app]:visible tr[id]:visible td:first-of-type').allTextContents();
  t.true(shown.length > 0 && shown.every((status) => status === 'canceled'), shown.join());
  t.regex((await page.locator('output').textContent()) ?? '', /^\d+ builds?$/);
  await page.reload();
  t.is(
    await page.getByRole('combobox', { name: 'Status' }).inputValue(),
    'canceled',
    'a page that reloads itself keeps its filter',
  );
});

inBrowser('the address of a build opens it, also if it is folded or filtered away', async (t) => {
  const id = await openPage(demo).then(({ page }) =>
    page.locator('details[data-app]:not([open]) tr[id]').first().getAttribute('id'),
  );
  const { page } = await openPage(demo, {}, `#${id}`);
  const row = page.locator(`[id="${id}"]`);
  t.true(await row.isVisible());
  await page.getByRole('searchbox').fill('nothing has this');
  t.false(await row.isVisible());
  await page.evaluate(`location.hash = ''; location.hash = '#${id}'`);
  await row.waitFor({ state: 'visible' });
});

inBrowser('times have ages, and can be shown in the zone of the viewer', async (t) => {
  const { page } = await openPage(demo, { timeZone: 'Asia/Kolkata' });
  const time = page.locator('header time');
  t.is(await time.textContent(), '2026-11-26 11:45:00');
  t.regex((await page.locator('header').textContent()) ?? '', / ago\. Times are in UTC/);
  await page.getByRole('combobox', { name: 'Times' }).selectOption('local');
  t.is(await time.textContent(), '2026-11-26 17:15:00');
  t.regex((await page.locator('header').textContent()) ?? '', /Times are in Asia\/(Kolkata|Calcutta)/);
});

inBrowser('without a script everything is there, and no control that does nothing', async (t) => {
  const { page, console: said } = await openPage(demo, { javaScript: false });
  t.false(await page.locator('[role=search]').isVisible());
  t.true(await page.locator('.failures li').first().isVisible());
  t.is(said.filter((line) => !line.includes('Blocked script')).length, 0);
});

inBrowser('the page fits a phone and a wide window, light and dark, and leaves no row empty', async (t) => {
  const pictures = new Map<string, Buffer>();
  for (const file of [demo, single]) {
    for (const width of [390, 1280]) {
      for (const dark of [false, true]) {
        const { page } = await openPage(file, { width, dark });
        t.true(
          Number(await page.evaluate('document.documentElement.scrollWidth - innerWidth')) <= 0,
          `${file} at ${width}`,
        );
        pictures.set(`${width} ${dark}`, await page.screenshot());
      }
    }
  }
  t.notDeepEqual(pictures.get('390 false'), pictures.get('390 true'));
  const { page } = await openPage(demo, { width: 390 });
  const emptyRows = `[...document.querySelectorAll('tr, td')].filter((one) =>
    one.textContent.trim() === '' && one.getBoundingClientRect().height > 0 && !one.querySelector('svg')).length`;
  t.is(await page.evaluate(emptyRows), 0);
  await page.emulateMedia({ media: 'print' });
  t.is(await page.evaluate(emptyRows), 0);
  t.false(await page.locator('[role=search]').isVisible());
});

inBrowser('a page that is kept up to date says so and loads itself again', async (t) => {
  const kept = join(host.paths.tmp, 'kept.html');
  const html = pageHtml({ ...demoHost(3, 3), reload: 1 });
  t.regex(html, /role=search[^\n]*reloads itself every 1 seconds/); // not asked of a page that is about to go away
  writeFileSync(kept, html);
  const { page } = await openPage(kept);
  writeFileSync(kept, pageHtml(pageSource([], { host: 'after' })));
  await page.getByRole('heading', { name: 'Builds on after' }).waitFor();
  t.is(await page.title(), 'Builds on after');
});
