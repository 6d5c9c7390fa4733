import { createHash } from 'node:crypto';

import { formatDuration } from '../../host/durations';
import type { AppName } from '../../host/dokku/names';
import type { Build } from '../../journal/history';
import type { SeenBuild, SeenStatus } from '../records/record';
import { appSection } from './appSection';
import { appsTable } from './appsTable';
import { buildsChart } from './charts/charts';
import { type Ends, sumOf } from './ends';
import { failuresSection } from './failures';
import { count, counted, escapeHtml, timeHtml } from './html/html';
import { type Anchors, anchorsOf, failingFirst, latestCounted, type PageApp } from './pageApp';
import type { PageLog } from './pageLog';
import { type Numbers, numbersOf, rateOf, rateText } from './pageNumbers';
import { logBytesFor, roomOf } from './pageRoom';
import { PAGE_SCRIPT } from './html/pageScript';
import { PAGE_STYLE } from './html/pageStyle';
import { openPalette, type Palette } from './html/palette';

/** What a page is made of. */
export interface PageSource {
  /** Name of the host. */
  readonly host: string;
  /** ms since the epoch. */
  readonly now: number;
  readonly apps: readonly PageApp[];
  /** All ends of the apps, by the hour in which the builds began, in hours since the epoch. */
  readonly ends: ReadonlyMap<number, Ends>;
  /** The page is about one app, which was asked for by name. */
  readonly single: boolean;
  /** The end of a build's log, at most `limit` bytes. */
  readonly log: (app: AppName, build: Build, limit: number) => PageLog;
  /** The page file is kept up to date: a browser loads it again every so many seconds. */
  readonly reload?: number;
  /** Sentences about how far the page can be relied on. */
  readonly notes?: readonly string[];
}

/**
 * One HTML file that needs nothing else: its policy allows its own stylesheet and its own script, each by its digest,
 * and nothing from anywhere. Failing apps come first.
 */
export function pageHtml(source: PageSource): string {
  const logOf = rememberLogs(source);
  const [whole = 1, ...less] = SHARES;
  let html = render(source, logOf, whole);
  if (source.single) return html;
  for (const share of less) {
    if (Buffer.byteLength(html) < MOST_BYTES) break;
    html = render(source, logOf, share);
  }
  return html;
}

/** The size that a page of many apps with long names may have. */
const MOST_BYTES = 1_900_000;
/** Shares of the usual room for builds and logs that are tried until a page is small enough. */
const SHARES = [1, 0.5, 0.2, 0];

type LogOf = (app: AppName, shown: SeenBuild) => PageLog;

function render(source: PageSource, logOf: LogOf, share: number): string {
  const { host, now, single, reload, notes = [] } = source;
  const apps = failingFirst(source.apps);
  const palette = openPalette();
  const anchors = anchorsOf(apps);
  const numbers = new Map(apps.map((page) => [page.app, numbersOf(page.outcomes, page.builds)]));
  const numbersFor = (page: PageApp): Numbers => numbers.get(page.app) ?? numbersOf([], []);
  const context = { now, single, anchors, palette, logOf, ...roomOf(apps, single, share) };
  const title = `Builds ${single ? 'of' : 'on'} ${escapeHtml(single ? (apps[0]?.app ?? '') : host)}`;
  const sections = apps.map((page) => appSection(page, numbersFor(page), context)).join('\n');
  const body = [
    '<a class=skip href="#page:builds">Skip to the builds</a>',
    `<header><p class=product>dokku-builds<h1>${title}</h1><p class=quiet>As of ` +
      `${timeHtml(new Date(now).toISOString())}, <small>0s ago</small>. Times are in ` +
      `<span class=tz>UTC</span>.${notes.map((note) => `<p class=note>${escapeHtml(note)}`).join('')}</header>`,
    filterBar(source),
    '<main id="page:main" tabindex=-1>',
    failuresSection(apps, now, anchors, logOf),
    single ? '' : runningSection(apps, anchors),
    overview(source, palette),
    single ? '' : appsTable(apps, numbersFor, now, anchors),
    single
      ? `<div id="page:builds">${sections}</div>`
      : `<section aria-labelledby="page:builds"><h2 id="page:builds">Builds</h2>${sections}</section>`,
    '</main><footer><p>Made by <code>dokku builds:page</code> from the journals of builds. ' +
      'This file loads nothing and sends nothing; its script only filters, and shows times.</footer>',
    `<script>${PAGE_SCRIPT}</script>`,
  ].join('\n');
  return document(title, body, PAGE_STYLE + palette.css(), reload);
}

function document(title: string, body: string, style: string, reload: number | undefined): string {
  const digest = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
  const policy =
    `default-src 'none'; style-src ${digest(style)}; script-src ${digest(PAGE_SCRIPT)}; base-uri 'none'; ` +
    `form-action 'none'`;
  const again = reload === undefined ? '' : `<noscript><meta http-equiv=refresh content=${reload}></noscript>`;
  return (
    `<!doctype html>\n<html lang=en${reload === undefined ? '' : ` data-reload=${reload}`}><head>` +
    `<meta charset=utf-8><meta http-equiv=Content-Security-Policy content="${policy}">` +
    '<meta name=viewport content="width=device-width,initial-scale=1"><meta name=color-scheme content="light dark">' +
    `<meta name=referrer content=no-referrer>${again}<title>${title}</title>` +
    `<style>${style}</style></head>\n<body>${body}\n</body></html>\n`
  );
}

/** A log is read once, for the reason of a failure and for its end. */
function rememberLogs({ apps, log }: PageSource): LogOf {
  const bytes = logBytesFor(apps.length);
  const known = new Map<string, PageLog>();
  return (app, { build }) => {
    const key = `${app}/${build.id}`;
    if (!known.has(key)) known.set(key, log(app, build, bytes));
    return known.get(key);
  };
}

/** The filter bar. It is hidden until the script shows it. */
function filterBar({ reload, apps }: PageSource): string {
  const isUnknown = apps.some(({ builds }) => builds.some(({ displayStatus }) => displayStatus === 'unknown'));
  const unknown = isUnknown ? (['unknown'] as const) : [];
  const statuses: SeenStatus[] = ['failed', 'abandoned', 'canceled', 'running', ...unknown, 'succeeded'];
  const options = ['<option value="">any status', ...statuses.map((name) => `<option>${name}`)].join('');
  const note = reload === undefined ? '' : `<small>This page reloads itself every ${reload} seconds</small>`;
  return (
    '<div class=filters role=search hidden><label>Search ' +
    '<input type=search placeholder="app, build, commit, who" autocomplete=off></label> ' +
    `<label>Status <select>${options}</select></label> <label>Times <select><option value="">UTC` +
    `<option value=local>local</select></label> <output></output>${note}</div>`
  );
}

const MOST_NAMED = 50;

function runningSection(apps: readonly PageApp[], anchors: Anchors): string {
  const items = apps.flatMap(({ app, builds }) =>
    builds
      .filter(({ displayStatus }) => displayStatus === 'running')
      .map(({ build, duration }) => {
        const text = `for ${duration}, ${escapeHtml(build.source)}`;
        return `<li><a href="#${anchors.build(app, build.id)}">${app}</a> <small>${text}</small>`;
      }),
  );
  if (items.length === 0) return '';
  const more = items.length > MOST_NAMED ? `<li>and ${count(items.length - MOST_NAMED)} more` : '';
  return (
    '<section aria-labelledby="page:running"><h2 id="page:running">Running now</h2>' +
    `<ul class=running-now>${items.slice(0, MOST_NAMED).join('')}${more}</ul></section>`
  );
}

function overview({ apps, ends, now, single }: PageSource, palette: Palette): string {
  const latest = numbersOf(
    apps.flatMap((page) => page.outcomes),
    apps.flatMap((page) => page.builds),
  );
  const { succeeded, failed, canceled } = sumOf(ends.values());
  const fact = (label: string, value: string, note: string): string =>
    `<div><dt>${label}<dd>${value} <small>${note}</small></div>`;
  const facts = [
    fact('Success rate', rateText(rateOf(succeeded, failed)), `of ${counted(succeeded + failed, 'build')}`),
    fact('Median duration', latest.median === undefined ? '–' : formatDuration(latest.median), medianNote(apps)),
    fact('Running now', count(latest.running), notEnded(latest)),
    fact('Failed', count(failed), `and ${count(canceled)} canceled`),
    ...(single ? [] : [fact('Apps', count(apps.length), '')]),
  ];
  const chart = ends.size === 0 ? '' : buildsChart(ends, now, palette);
  return (
    '<section aria-labelledby="page:overview"><h2 id="page:overview">Overview</h2>' +
    `<dl class=figures>${facts.join('')}</dl>${chart}</section>`
  );
}

/** Builds that have not ended and that do not run, as far as is known. */
function notEnded({ abandoned, unknown }: Numbers): string {
  const parts = [
    ...(abandoned > 0 ? [`${count(abandoned)} abandoned`] : []),
    ...(unknown > 0 ? [`${count(unknown)} unknown`] : []),
  ];
  return parts.length === 0 ? '' : `and ${parts.join(', ')}`;
}

/** Only the latest durations of an app are kept. */
function medianNote(apps: readonly PageApp[]): string {
  const most = latestCounted(apps);
  if (most === undefined) return 'without canceled builds';
  return apps.length === 1 ? `of the last ${most} builds` : `of the last ${most} of each app`;
}
