import { createHash } from 'node:crypto';

import { formatDuration } from '../../host/durations';
import type { AppName, BuildId } from '../../host/dokku/names';
import type { Tail } from '../../host/system/tail';
import { count, counted, escapeHtml } from './html';
import { appAnchor, appSection, buildAnchor, type DetailOf, overviewRow, timeText } from './pageApp';
import { daysSvg, stepOf, stripSvg } from './pageCharts';
import { openPalette, type Palette } from './pageLog';
import { type Numbers, numbersOf, type PageApp, rateText, spanOf, startOf } from './pageNumbers';
import { PAGE_STYLE } from './pageStyle';

/** What a page is made of. */
export interface PageSource {
  /** Name of the host. */
  readonly host: string;
  /** ms since the epoch. */
  readonly now: number;
  readonly apps: readonly PageApp[];
  /** The page is about one app, which was asked for by name. */
  readonly single: boolean;
  /** The end of a build's log, at most `limit` bytes; a sentence where it cannot be read, undefined where there is none. */
  readonly log: (app: AppName, build: BuildId, limit: number) => Tail | string | undefined;
}

/** One HTML file that needs nothing else and may run nothing: its policy allows its own stylesheet, by digest, and no script at all. */
export function pageHtml(source: PageSource): string {
  const { host, now, apps, single } = source;
  const palette = openPalette();
  const of = single ? (apps[0]?.app ?? '') : host;
  const numbers = apps.map((page) => numbersOf(page.outcomes, page.builds));
  const body = [
    '<a class=skip href="#main">Skip to the builds</a>',
    `<header><p class=k>dokku-builds<h1>Builds ${single ? 'of' : 'on'} ${escapeHtml(of)}</h1><p class=q>As of <time>${timeText(new Date(now).toISOString())}</time>; all times are UTC</header>`,
    navigation(source),
    `<main id=main tabindex=-1>${overview(source)}${attention(source)}`,
    single ? '' : appsTable(source, numbers),
    sections(source, numbers, palette),
    '</main><footer><p>Made by <code>dokku builds:page</code> from the journals of builds. This file loads nothing and runs nothing.</footer>',
  ].join('\n');
  const style = PAGE_STYLE + palette.css();
  const digest = createHash('sha256').update(style).digest('base64');
  const policy = `default-src 'none'; style-src 'sha256-${digest}'; base-uri 'none'; form-action 'none'`;
  return (
    `<!doctype html>\n<html lang=en><head><meta charset=utf-8><meta http-equiv=Content-Security-Policy content="${policy}">` +
    '<meta name=viewport content="width=device-width,initial-scale=1"><meta name=color-scheme content="light dark">' +
    `<meta name=referrer content=no-referrer><title>Builds ${single ? 'of' : 'on'} ${escapeHtml(of)}</title><style>${style}</style></head>\n<body>${body}\n</body></html>\n`
  );
}

function navigation({ single, apps }: PageSource): string {
  const links = [
    ['#overview', 'Overview'],
    ...(single
      ? [[`#${appAnchor(apps[0]?.app ?? '')}`, 'Builds']]
      : [
          ['#apps', 'Apps'],
          ['#builds', 'Builds'],
        ]),
  ];
  return `<nav aria-label="On this page"><ul>${links.map(([to, name]) => `<li><a href="${to}">${name}</a>`).join('')}</ul></nav>`;
}

function overview({ apps, now, single }: PageSource): string {
  const outcomes = apps.flatMap((page) => page.outcomes);
  const all = numbersOf(
    outcomes,
    apps.flatMap((page) => page.builds),
  );
  const starts = outcomes.map(({ startedAt }) => startedAt);
  const { from, name } = spanOf(starts, now);
  const fact = (label: string, value: string, note: string): string =>
    `<div><dt>${label}<dd>${value} <small>${note}</small></div>`;
  const facts = [
    fact('Success rate', rateText(all.successRate), `of ${counted(all.succeeded + all.failed, 'build')}`),
    fact('Median duration', all.median === undefined ? '–' : formatDuration(all.median), 'canceled ones not counted'),
    fact('Running now', count(all.running), all.abandoned > 0 ? `and ${all.abandoned} abandoned` : ''),
    single
      ? fact('Failed', count(all.failed), `and ${count(all.canceled)} canceled`)
      : fact('Apps', count(apps.length), `${count(all.failed)} failed builds`),
  ];
  const chart =
    outcomes.length === 0
      ? ''
      : `<figure>${daysSvg(outcomes, { from, to: now })}<figcaption>Builds a ${stepOf({ from, to: now }).name}, last ${name}: above the line succeeded, below it failed or canceled</figcaption></figure>`;
  return `<section aria-labelledby=overview><h2 id=overview>Overview</h2><dl class=n>${facts.join('')}</dl>${chart}</section>`;
}

const MOST_NAMED = 50;

/** What somebody may want to do something about: what runs, and what was left broken. */
function attention({ apps, single }: PageSource): string {
  if (single) return '';
  const list = (title: string, items: readonly string[]): string =>
    items.length === 0
      ? ''
      : `<h3>${title}</h3><ul class=c>${items.slice(0, MOST_NAMED).join('')}${items.length > MOST_NAMED ? `<li>and ${count(items.length - MOST_NAMED)} more` : ''}</ul>`;
  const link = (app: string, build: string, text: string): string =>
    `<li><a href="#${buildAnchor(app, build)}">${app}</a> <small>${text}</small>`;
  const running = apps.flatMap(({ app, builds }) =>
    builds
      .filter(({ displayStatus }) => displayStatus === 'running')
      .map(({ build, duration }) => link(app, build.id, `for ${duration}, ${escapeHtml(build.source)}`)),
  );
  const failing = apps.flatMap(({ app, builds }) => {
    const ended = builds.find(({ displayStatus }) => displayStatus !== 'running');
    if (ended === undefined || !['failed', 'abandoned'].includes(ended.displayStatus)) return [];
    return [link(app, ended.build.id, `${ended.displayStatus} ${timeText(ended.build.startedAt).slice(0, 16)}`)];
  });
  if (running.length + failing.length === 0) return '';
  return `<section aria-labelledby=attention><h2 id=attention>Now</h2>${list(`Running (${count(running.length)})`, running)}${list(`Last build failed (${count(failing.length)})`, failing)}</section>`;
}

function appsTable({ apps, now }: PageSource, numbers: readonly Numbers[]): string {
  if (apps.length === 0)
    return '<section aria-labelledby=apps><h2 id=apps>Apps</h2><p class=q>There are no apps</section>';
  const { from, name } = spanOf(
    apps.flatMap((page) => page.outcomes.map(({ startedAt }) => startedAt)),
    now,
  );
  const rows = apps.map((page, index) => {
    const own = numbers[index] ?? numbersOf(page.outcomes, page.builds);
    const running = page.builds.filter(({ displayStatus }) => displayStatus === 'running').map(startOf);
    const label = `${own.succeeded} succeeded, ${own.failed} failed, ${own.canceled} canceled, ${own.running} running`;
    return overviewRow(page, own, stripSvg(page.outcomes, running, { from, to: now }, label));
  });
  const head = ['App', `Timeline, last ${name}`, 'Last build', 'Status', 'Success', 'Median', 'Builds'];
  return (
    '<section aria-labelledby=apps><h2 id=apps>Apps</h2><p class=q>On the timeline a build that succeeded stands above the line, one that failed hangs below it, ' +
    'a canceled one crosses it, and a running one reaches to its end</p>' +
    `<table class=o><caption class=h>Apps and how their builds went</caption><thead><tr>${head.map((cell) => `<th scope=col>${cell}`).join('')}<tbody>${rows.join('')}</table></section>`
  );
}

/** What events, records and logs together may take of a page, in bytes, and what one log may. */
const DETAIL_BYTES = 2_000_000;
const LOG_BYTES = { least: 512, most: 48 * 1024 };
const DETAIL_OVERHEAD = 1000;

function sections({ apps, single, log }: PageSource, numbers: readonly Numbers[], palette: Palette): string {
  const builds = apps.reduce((sum, page) => sum + page.builds.length, 0);
  const limit = Math.min(
    LOG_BYTES.most,
    Math.max(LOG_BYTES.least, DETAIL_BYTES / Math.max(builds, 1) - DETAIL_OVERHEAD),
  );
  const roomFor = Math.floor(DETAIL_BYTES / (limit + DETAIL_OVERHEAD)) + 1;
  const depth = depthFor(apps, roomFor);
  const html = apps.map((page, index) => {
    const detailed = new Set(page.builds.slice(0, depth).map(({ build }) => build.id));
    const detailOf: DetailOf = (build) => (detailed.has(build) ? { log: log(page.app, build, limit) } : undefined);
    return appSection(page, numbers[index] ?? numbersOf(page.outcomes, page.builds), single, detailOf, palette);
  });
  if (single) return html.join('\n');
  return `<section aria-labelledby=builds><h2 id=builds>Builds</h2>${html.join('\n')}</section>`;
}

/** How many of the newest builds of each app can be shown in full when there is room for `room` of them; one at least. */
function depthFor(apps: readonly PageApp[], room: number): number {
  const deepest = Math.max(0, ...apps.map(({ builds }) => builds.length));
  for (let depth = 1, used = 0; depth <= deepest; depth += 1) {
    used += apps.filter(({ builds }) => builds.length >= depth).length;
    if (used > room) return Math.max(1, depth - 1);
  }
  return deepest;
}
