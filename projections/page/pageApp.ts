import { formatDuration } from '../../host/durations';
import type { BuildId } from '../../host/dokku/names';
import type { Tail } from '../../host/system/tail';
import type { Recorded } from '../../journal/events';
import { eventRow } from '../events/eventView';
import { count, counted, escapeHtml, escapeText } from './html';
import { durationsSvg } from './pageCharts';
import { logHtml, type Palette } from './pageLog';
import { type Numbers, numbersOf, type PageApp, rateText } from './pageNumbers';
import { recordText, type SeenBuild } from '../records/record';

/** What a page says of a build besides its row: undefined where it has no room for that. */
export type DetailOf = (build: BuildId) => { readonly log: Tail | string | undefined } | undefined;

const STATUS_CLASS = { succeeded: 's', failed: 'f', canceled: 'c', running: 'r', abandoned: 'a' } as const;

/** Fragment of an app's section. No build's is the same: names of apps have no colon. */
export function appAnchor(app: string): string {
  return `app:${app}`;
}

/** Fragment of a build's row. */
export function buildAnchor(app: string, build: string): string {
  return `${app}/${build}`;
}

/** A status in words, with the class that draws its sign. */
export function statusHtml(status: SeenBuild['displayStatus']): string {
  return `<span class="st ${STATUS_CLASS[status]}">${status}</span>`;
}

/** The section of one app: folded behind its heading on a page of several apps. */
export function appSection(
  page: PageApp,
  numbers: Numbers,
  single: boolean,
  detailOf: DetailOf,
  palette: Palette,
): string {
  const { app, builds, outcomes } = page;
  const anchor = appAnchor(app);
  const inner = [
    outcomes.length === 0 ? '' : figure(page, numbers, single),
    builds.length === 0
      ? '<p class=q>No builds recorded for this app</p>'
      : buildsTable(page, single, detailOf, palette),
  ].join('');
  if (single) return `<section aria-labelledby="${anchor}"><h2 id=${anchor}>Builds</h2>${inner}</section>`;
  const newest = builds[0];
  const summary = newest === undefined ? '' : ` ${statusHtml(newest.displayStatus)}`;
  const about =
    newest === undefined
      ? 'no builds yet'
      : `${counted(builds.length, 'build')} on record, success rate ${rateText(numbers.successRate)}`;
  return `<details class=p id=${anchor}><summary><h3>${app}</h3>${summary} <small>${about}</small></summary>${inner}</details>`;
}

/** As many builds as have room to be told apart; all of them on a page of one app, as links to their rows. */
function figure({ app, builds, outcomes }: PageApp, { median = 0 }: Numbers, single: boolean): string {
  const shown = outcomes.slice(single ? -120 : -30);
  const here = new Set(single ? builds.map(({ build }) => build.id) : []);
  const linkTo = ({ build }: { build: BuildId }): string | undefined =>
    here.has(build) ? buildAnchor(app, build) : undefined;
  const chart = durationsSvg(shown, numbersOf(shown, []).median ?? median, single ? linkTo : undefined);
  return `<figure>${chart}<figcaption>Durations, oldest first${single ? ': a full bar succeeded, one with × failed, a hollow one was canceled' : ''}</figcaption></figure>`;
}

const HEADINGS = ['Build', 'Status', 'Started', 'Finished', 'Duration', 'Source', 'Kind', 'PID', 'Exit'];

function buildsTable(page: PageApp, single: boolean, detailOf: DetailOf, palette: Palette): string {
  const head = HEADINGS.map((heading) => `<th scope=col>${heading}`).join('');
  let bare = 0;
  const rows = page.builds.map((seen, index) => {
    const row = buildRow(page.app, seen);
    const detail = detailOf(seen.build.id);
    if (detail === undefined) {
      bare += 1;
      return row;
    }
    const open = single && index === 0;
    return row + detailRow(page, seen, page.events.get(seen.build.id) ?? [], detail.log, open, palette);
  });
  const note =
    bare === 0
      ? ''
      : `<p class=q>Events and logs of the ${counted(bare, 'older build')} are left out here: <code>dokku builds:page ${page.app}</code> shows them`;
  return `<table class=b><caption class=h>Builds of ${page.app}, newest first</caption><thead><tr>${head}<tbody>${rows.join('')}</table>${note}`;
}

function buildRow(app: string, { build, displayStatus, duration }: SeenBuild): string {
  const started = timeText(build.startedAt);
  const finished = build.status === 'running' ? '' : timeText(build.finishedAt);
  const short = finished.slice(0, 10) === started.slice(0, 10) ? finished.slice(11) : finished;
  const exit = build.status === 'running' ? '' : build.exitCode;
  return (
    `<tr id=${buildAnchor(app, build.id)}><th scope=row>${build.id}<td class=${STATUS_CLASS[displayStatus]}>${displayStatus}` +
    `<td>${started}<td>${short}<td>${duration}<td>${escapeHtml(build.source)}<td>${build.kind}<td>${build.process.pid}<td>${exit}`
  );
}

/** `2026-04-30 13:50:00`, in UTC as everything on the page. */
export function timeText(timestamp: string): string {
  return escapeHtml(timestamp.slice(0, 19).replace('T', ' '));
}

function detailRow(
  { app }: PageApp,
  { build }: SeenBuild,
  events: readonly Recorded[],
  log: Tail | string | undefined,
  open: boolean,
  palette: Palette,
): string {
  const items = events.map((recorded) => {
    const [, , type = '', , what = ''] = eventRow(recorded);
    const time = new Date(recorded.at).toISOString();
    return `<li value=${recorded.seq}><time>${timeText(time)}${time.slice(19, 23)}</time> <b>${type}</b> ${escapeHtml(what)}`;
  });
  return (
    `<tr class=m><td colspan=${HEADINGS.length}><details${open ? ' open' : ''}><summary>Log, events and record<span class=h> of build ${build.id}</span></summary>` +
    `<div class=x><div><h4>Log</h4>${logHtml(log, palette, `Log of build ${build.id}`)}</div>` +
    `<div><h4>Events</h4>${items.length === 0 ? '<p class=q>None in the journal' : `<ol class=e>${items.join('')}</ol>`}</div>` +
    `<div><h4>Record</h4><pre class=j>${escapeText(recordText(app, build))}</pre></div></div></details>`
  );
}

/** The row of an app in the table of apps; `strip` is its timeline. */
export function overviewRow({ app, builds, outcomes }: PageApp, numbers: Numbers, strip: string): string {
  const newest = builds[0];
  const last =
    newest === undefined
      ? '<td>–<td>–'
      : `<td><a href="#${buildAnchor(app, newest.build.id)}">${timeText(newest.build.startedAt).slice(0, 16)}</a><td class=${STATUS_CLASS[newest.displayStatus]}>${newest.displayStatus}`;
  const median = numbers.median === undefined ? '–' : formatDuration(numbers.median);
  return `<tr><th scope=row><a href="#${appAnchor(app)}">${app}</a><td>${strip}${last}<td>${rateText(numbers.successRate)}<td>${median}<td>${count(outcomes.length + numbers.running)}`;
}
