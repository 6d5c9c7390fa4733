import type { AppName, BuildId } from '../../host/dokku/names';
import type { Recorded } from '../../journal/events';
import { eventRow } from '../events/eventView';
import { isFailure, recordText, type SeenBuild } from '../records/record';
import { durationsChart } from './charts/charts';
import { whyHtml } from './failures';
import { counted, escapeHtml, escapeText, timeText } from './html/html';
import { type Anchors, commitHtml, failingBuild, type PageApp, statusHtml, timeAndAge, whoHtml } from './pageApp';
import { logHtml, type PageLog } from './pageLog';
import { rateText, type Numbers } from './pageNumbers';
import type { Palette } from './html/palette';

/** Settings for the sections of all apps. */
export interface SectionContext {
  /** ms since the epoch. */
  readonly now: number;
  /** The page is about this app alone: its builds are shown with their events and records. */
  readonly single: boolean;
  /** Rows of builds for each app. */
  readonly rows: number;
  /** Columns of a log. */
  readonly logLimit: number;
  readonly isDetailed: (app: AppName, build: BuildId) => boolean;
  readonly logOf: (app: AppName, shown: SeenBuild) => PageLog;
  readonly anchors: Anchors;
  readonly palette: Palette;
}

/** The section of one app; on a page of several it is folded behind its heading. */
export function appSection(page: PageApp, numbers: Numbers, context: SectionContext): string {
  const { app, builds } = page;
  const anchor = context.anchors.app(app);
  const inner = builds.length === 0 ? '<p class=quiet>No builds recorded for this app' : buildsTable(page, context);
  if (context.single) {
    return (
      `<section aria-labelledby="${anchor}">` +
      `<h2 id="${anchor}">Builds</h2>${figureOf(page, context)}${inner}</section>`
    );
  }
  const newest = builds[0];
  const about =
    newest === undefined
      ? 'no builds yet'
      : `${counted(builds.length, 'build')}, success ${rateText(numbers.successRate)}`;
  const status = newest === undefined ? '' : ` ${statusHtml(newest)}`;
  const failing = failingBuild(page) === undefined ? '' : ' open';
  return (
    `<details class=app id="${anchor}" data-app=${app}${failing}><summary><h3>${app}</h3>${status} ` +
    `<small>${about}</small></summary>${inner}</details>`
  );
}

const MOST_BARS = 120;

function figureOf({ app, builds, outcomes }: PageApp, { anchors, palette }: SectionContext): string {
  if (outcomes.length === 0) return '';
  const shown = new Set(builds.map(({ build }) => build.id));
  const linkTo = ({ build }: { readonly build: BuildId }): string | undefined =>
    shown.has(build) ? anchors.build(app, build) : undefined;
  return durationsChart(outcomes.slice(-MOST_BARS), linkTo, palette);
}

const HEADINGS = ['Build', 'Status', 'Started', 'Duration', 'Commit', 'Who', 'Source', 'Exit'];

function buildsTable(page: PageApp, context: SectionContext): string {
  const { app, builds } = page;
  const head = HEADINGS.map((heading) => `<th scope=col>${heading}`).join('');
  const newest = builds.slice(0, context.rows);
  let isLatestFailure = true;
  const rows = newest.map((shown, index) => {
    const open = isFailure(shown) ? isLatestFailure : context.single && index === 0;
    if (isFailure(shown)) isLatestFailure = false;
    return buildRow(app, shown, context) + detailRow(page, shown, open, context);
  });
  const older = builds.length - newest.length;
  const note =
    older > 0 ? `<p class=quiet>${counted(older, 'older build')}: <code>dokku builds:page ${app}</code>` : '';
  return (
    `<table class=builds><caption class=sr-only>Builds of ${app}, newest first</caption><thead><tr>${head}` +
    `<tbody>${rows.join('')}</table>${note}`
  );
}

function buildRow(app: AppName, shown: SeenBuild, { now, anchors }: SectionContext): string {
  const { build, displayStatus, duration } = shown;
  const anchor = anchors.build(app, build.id);
  return (
    `<tr id="${anchor}" class=${displayStatus}><th scope=row><a href="#${anchor}">${build.id}</a>` +
    `<td class=${displayStatus}>${displayStatus}` +
    `<td>${timeAndAge(build.startedAt, now)}<td>${duration}<td>${commitHtml(shown)}<td>${whoHtml(shown)}` +
    `<td>${escapeText(build.source)}` +
    `<td>${build.status === 'running' ? '' : build.exitCode}`
  );
}

/**
 * The details that are folded below a row: why it failed, its log, and on the page of one app its events and its
 * record.
 */
function detailRow(page: PageApp, shown: SeenBuild, open: boolean, context: SectionContext): string {
  const { app } = page;
  const { build } = shown;
  if (!context.isDetailed(app, build.id)) return '';
  const { single, logOf, logLimit, palette } = context;
  const log = logOf(app, shown);
  const title = single ? 'Log, events and record' : 'Log';
  const why = isFailure(shown) ? whyHtml(shown, log) : '';
  const more = single ? eventsHtml(page.events.get(build.id) ?? []) + recordHtml(app, shown) : '';
  return (
    `<tr class=more><td colspan=${HEADINGS.length}>${why}` +
    `<details${open ? ' open' : ''}><summary>${title}<span class=sr-only> of build ${build.id}</span></summary>` +
    `<div class=details>${logHtml(log, logLimit, palette, `Log of build ${build.id}`)}${more}</div></details>`
  );
}

function eventsHtml(events: readonly Recorded[]): string {
  const items = events.map((recorded) => {
    const [, , type = '', , what = ''] = eventRow(recorded);
    const time = new Date(recorded.at).toISOString();
    return `<li value=${recorded.seq}><time>${timeText(time)}</time> <b>${type}</b> ${escapeHtml(what)}`;
  });
  const list = items.length === 0 ? '<p class=quiet>None in the journal' : `<ol class=events>${items.join('')}</ol>`;
  return `<h4>Events</h4>${list}`;
}

function recordHtml(app: AppName, { build }: SeenBuild): string {
  const revision =
    build.revision === undefined ? '' : `<p class=quiet>Commit <code>${escapeText(build.revision)}</code>`;
  return `<h4>Record</h4>${revision}<pre class=record>${escapeText(recordText(app, build))}</pre>`;
}
