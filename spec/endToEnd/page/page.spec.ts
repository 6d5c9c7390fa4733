import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';

import test from 'ava';

import { finishedRecord, writeRecords } from '../expectedRecord';
import { createSandbox, type Sandbox } from '../../../scripts/sandbox/host';
import { chromium, loadPage, photograph } from './chromium';

/*
 * The page as text, and in a browser where there is one: whatever a log holds, it is text, and nothing runs.
 */

const inBrowser = chromium === undefined ? test.skip : test;

const HOSTILE = [
  '<script>document.title = "owned"</script><img src=x onerror="document.title=1">',
  '</pre></code></details><style>body{display:none}</style><!-- <title>x</title>',
  '\u001b[31mred\u001b[0m \u001b[1;38;5;208morange\u001b[0m \u001b[38;2;1;2;3mblack\u001b[0m "quoted" \'too\' & &lt;',
  '\u001b]0;a title\u0007\u001b]8;;javascript:alert(1)\u001b\\link\u001b]8;;\u001b\\ \u001b[2J\u001b[10;10H\u001bPstring\u001b\\ bell\u0007 nul\u0000',
  '\u001b]0;without an end',
  '10 %\r50 %\r100 %',
  'left \u202eturned\u202c right',
  `${'x'.repeat(20_000)} the end of a long line`,
].join('\n');

let host: Sandbox;
let single: string;
let whole: string;

test.before(async () => {
  if (chromium === undefined) console.error('no chromium here: the page is not looked at in a browser');
  host = await createSandbox();
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
  await host.program(['page', 'shop', '--out', single]);
  await host.program(['page', '--out', whole]);
});

test.after.always(() => host.remove());

const read = (file: string): string => readFileSync(file, 'utf8');

test('each build has a row with its record, its events, and the end of its log', (t) => {
  const html = read(single);
  for (const [id, status] of [
    ['live4', 'running'],
    ['gone3', 'canceled'],
    ['bad2', 'failed'],
    ['good1', 'succeeded'],
  ] as const) {
    t.regex(html, new RegExp(`<tr id=shop/${id}><th scope=row>${id}<td class=.>${status}<td>20`), id);
  }
  t.true(html.includes('<td>2026-04-30 13:20:00<td>13:21:14<td>1m14s<td>git-hook<td>build<td>4242<td>3'));
  t.true(html.includes('output of bad2'));
  t.regex(html, /<b>BuildFinished<\/b> failed, exit code 3, adopted/);
  t.true(html.includes(host.read('shop', 'bad2.json').replaceAll('<', '&lt;')));
  t.regex(html, /<dt>Success rate<dd>50 %/);
  t.false(html.includes('only1'));
});

test('the colours of a log are drawn, and nothing else that it asks of a terminal happens', (t) => {
  const html = read(single);
  t.true(html.includes('<span class=f1>red</span>'));
  const orange = /<span class="(x\d+) w">orange<\/span>/.exec(html)?.[1] ?? 'none';
  t.true(html.includes(`.${orange}{color:#ff8700}`));
  t.regex(html, /link .* bell nul\u2400/);
  t.regex(html, /\n100 %\n/);
  t.false(html.includes('50 %\r'));
  t.true(html.includes('left \\u202eturned\\u202c right'));
  t.regex(html, /x{2000} … 18,023 more characters/);
  t.true(html.includes('\ufffd\ufffd('));
  // eslint-disable-next-line no-control-regex -- they are what must not be there
  t.notRegex(html, /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202e]/);
});

test('of a log that is one endless line, the end is shown', async (t) => {
  await host.createApp('endless');
  writeRecords(host, finishedRecord('endless', 'e1', 1));
  host.write(host.file('endless', 'e1.log'), `${'ä'.repeat(100_000)}.\n`);
  const { stdout } = await host.dokku(['builds:page', 'endless']);
  t.regex(
    stdout,
    /The end of a log of 200,002 bytes, \d{3},\d{3} left out<pre[^>]*><code>ä{2000} … [\d,]+ more characters/,
  );
});

test('whatever a log or a record holds is text', (t) => {
  for (const html of [read(single), read(whole)]) {
    t.notRegex(html, /<script|<img|<i>odd|<style>body|<!-- /);
    t.is(html.split('</style>').length, 2);
  }
  t.true(read(single).includes('&lt;script&gt;document.title = "owned"&lt;/script&gt;'));
  t.true(read(whole).includes('&lt;i&gt;odd&lt;/i&gt;'));
});

test('the page refers to nothing outside itself, and its links lead to what is there', (t) => {
  for (const html of [read(single), read(whole)]) {
    t.deepEqual(html.match(/<[^>]*\s(src|action|data|poster|srcset)=|url\(|@import/g), null);
    const targets = [...html.matchAll(/href="([^"]*)"/g)].map(([, to]) => to ?? '');
    t.true(targets.length > 3);
    for (const to of targets) t.true(to.startsWith('#') && html.includes(`id=${to.slice(1)}`), to);
  }
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

test('without --out the page goes to stdout; a file is replaced in one step, and one that cannot be written is told of', async (t) => {
  const { stdout } = await host.dokku(['builds:page', 'blog']);
  t.regex(stdout, /^<!doctype html>\n[^]*<\/html>\n$/);
  t.deepEqual(
    readdirSync(host.paths.tmp).filter((name) => name.endsWith('.tmp')),
    [],
  );
  t.is(statSync(single).mode & 0o777, 0o644);
  const failed = await host.program(['page', '--out', join(host.paths.tmp, 'none', 'x.html')]);
  t.is(failed.code, 1);
  t.regex(failed.stderr, /^ ! {5}Cannot write .*no such file or directory/);
  t.false(existsSync(join(host.paths.tmp, 'none')));
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

test('a host of many builds stays within a few megabytes: all have their row, the newest of each app the rest', async (t) => {
  const own = await createSandbox();
  t.teardown(() => own.remove());
  for (let app = 0; app < 40; app += 1) {
    const name = `app-${app}`;
    mkdirSync(join(own.paths.dokkuRoot, name));
    const ids = Array.from({ length: 20 }, (_, index) => finishedRecord(name, `b${index}`, index + 1));
    writeRecords(own, ...ids);
    for (const { id } of ids)
      own.write(own.file(name, `${id}.log`), `${'a log of a certain length '.repeat(40)}\n`.repeat(100));
  }
  const { stdout } = await own.dokku(['builds:page']);
  t.is(stdout.match(/<th scope=row>b\d+/g)?.length, 800);
  t.true(stdout.includes('<tr id=app-39/b19><th scope=row>b19'));
  t.true(stdout.length < 4_000_000, String(stdout.length));
  t.true((stdout.match(/<pre class=l/g)?.length ?? 0) >= 40);
});

inBrowser('a browser runs nothing of it, breaks off nowhere, and its policy refuses nothing that it needs', (t) => {
  const { dom, console: reports } = loadPage(single);
  t.is(reports, '');
  t.regex(dom, /<title>Builds of shop<\/title>/);
  t.regex(dom, /<footer><p>/);
  t.is(dom.match(/<pre class="l"/g)?.length, 4);
  t.is(dom.match(/<script|<img|<[^>]*\son\w+=/g), null);
  t.regex(dom, /<code>&lt;script&gt;document\.title/);
});

inBrowser('a browser finds landmarks, one heading of the first rank, and tables with scopes', (t) => {
  const { dom } = loadPage(whole);
  for (const part of ['header', 'nav', 'main', 'footer'])
    t.is(dom.match(new RegExp(`<${part}[ >]`, 'g'))?.length, 1, part);
  t.is(dom.match(/<h1>/g)?.length, 1);
  const headings = [...dom.matchAll(/<h([1-6])/g)].map(([, rank]) => Number(rank));
  headings.reduce((before, rank) => {
    t.true(rank <= before + 1, headings.join());
    return rank;
  }, 0);
  t.is(dom.match(/<th>/g), null);
  t.is(dom.match(/<table/g)?.length, dom.match(/<caption/g)?.length);
  for (const svg of dom.match(/<svg[^>]*>/g) ?? []) t.regex(svg, /role="img" aria-label="[^"]+"/);
});

inBrowser('it is drawn in dark and in light, as wide as the window of a phone', (t) => {
  const [light, dark] = [photograph(single), photograph(single, { dark: true })];
  t.true(light.png.length > 20_000 && dark.png.length > 20_000);
  t.notDeepEqual(light.png, dark.png);
  const phone = photograph(whole, { width: 500, height: 900 });
  t.deepEqual([phone.width, phone.height], [500, 900]);
});
