import { parseTimestamp } from '../../host/durations';
import { formatAge } from '../../host/terminal/age';
import { sliceLine, wrapLine } from '../../host/terminal/printed';
import { fit, fitExactly, padEnd, widthOf } from '../../host/terminal/table/width';
import { actorText, shortRevision } from '../../projections/events/eventView';
import { mayRun, type SeenBuild } from '../../projections/records/record';
import type { WatchedBuild } from './watchBuilds';
import { type Canvas, emphasized, exitText, paintedLine, statusText } from './watchCanvas';
import { watchKeys } from './watchKeys';
import type { LogRoom, LogView } from './watchLogView';
import { filterOf, listedBuilds, type WatchState } from './watchState';

/** Room for a log that has the whole screen: its title, its place and the footer take a row each. */
export function logRoom({ columns, rows }: { readonly columns: number; readonly rows: number }): LogRoom {
  return { columns: Math.max(1, columns), rows: Math.max(1, rows - 3) };
}

/** The screen, row by row: as many as it has at most, and none wider than it is. */
export function drawScreen(state: WatchState, canvas: Canvas): string[] {
  const { columns, rows } = canvas;
  const body = drawBody(state, canvas).slice(0, Math.max(0, rows - 1));
  while (body.length < rows - 1) body.push('');
  return [...body, emphasized(` ${footer(state, canvas)}`, 'inverse', columns, canvas)].slice(-rows);
}

function drawBody(state: WatchState, canvas: Canvas): string[] {
  if (state.prompt?.name === 'help') return drawHelp(canvas);
  return state.view.name === 'log' ? drawLog(state.view, canvas) : drawList(state, canvas);
}

function footer(state: WatchState, { unicode, columns, isLocal }: Canvas): string {
  const { view, prompt, message } = state;
  const arrows = unicode ? '↑↓' : 'up/down';
  switch (prompt?.name) {
    case 'cancel':
      return `Cancel build ${prompt.build.shown.build.id} of ${prompt.build.app}? [y/N]`;
    case 'filter':
      return `/${filterOf(state)}_   Enter keep   Escape clear`;
    case 'help':
      return 'Any key closes the help';
    case undefined:
      break;
  }
  if (message !== '') return message;
  if (view.name === 'list') {
    const select = `${arrows} select`;
    const keys = isLocal ? [select, 'Enter log', '/ filter', 'c cancel'] : [select, '/ filter'];
    return keysText(keys, ['? keys', 'q quit'], columns);
  }
  const isRunning = view.of.shown.displayStatus === 'running';
  const follow = isRunning ? [`f ${view.following ? 'stop following' : 'follow'}`] : [];
  const keys = [`${arrows} scroll`, ...follow, `w ${view.wraps ? 'no wrap' : 'wrap'}`, '/ filter'];
  return keysText(keys, ['? keys', 'q back'], columns);
}

/** As many of `keys` as have room before the `last` ones, which are always there. */
function keysText(keys: readonly string[], last: readonly string[], columns: number): string {
  const text = [...keys, ...last].join('   ');
  return keys.length === 0 || text.length < columns ? text : keysText(keys.slice(0, -1), last, columns);
}

/** From this width on, a list has columns for id and source. */
const WIDE_COLUMNS = 90;
/** From this width on, the log of the selected build has the right half of the screen. */
const SPLIT_COLUMNS = 120;

/** Whether the log of the selected build has room beside the list. */
export function isSplit({ columns, isLocal }: Pick<Canvas, 'columns' | 'isLocal'>): boolean {
  return isLocal && columns >= SPLIT_COLUMNS;
}

const MOST_LIST_COLUMNS = 72;
const BETWEEN = 3;

function drawList(state: WatchState, canvas: Canvas): string[] {
  if (!isSplit(canvas)) return drawListPane(state, canvas, canvas.columns);
  const columns = Math.min(MOST_LIST_COLUMNS, Math.floor(canvas.columns / 2));
  const left = drawListPane(state, canvas, columns);
  const right = drawPreview(state, canvas, canvas.columns - columns - BETWEEN);
  const bar = canvas.unicode ? ' │ ' : ' | ';
  const both = Array.from({ length: Math.max(0, canvas.rows - 1) }, (_, n) => [left[n] ?? '', right[n] ?? ''] as const);
  return both.map(([list, log]) => padEnd(list, columns) + bar + log);
}

/** The end of the selected build's log. */
function drawPreview({ log }: WatchState, canvas: Canvas, columns: number): string[] {
  if (log === undefined) return [];
  const { app, shown } = log.of;
  const title = `${app} ${shown.build.id}: ${shown.displayStatus} ${shown.duration}${exitText(shown)}`;
  const rows = Math.max(1, canvas.rows - 3);
  const lines = log.lines
    .slice(-rows)
    .flatMap((line) => wrapLine(line, columns))
    .slice(-rows);
  const about = emphasized(aboutText(shown), 'dim', columns, canvas);
  return [emphasized(title, 'bold', columns, canvas), about, ...lines.map((line) => paintedLine(line, canvas))];
}

/** `git-hook by ann, 3f2a9c1`: where a build comes from. */
function aboutText({ build }: SeenBuild): string {
  const { user, key } = build.actor;
  const actor = actorText({ ...(user !== undefined && { user }), ...(key !== undefined && { key }) });
  const revision = build.revision === undefined ? '' : `, ${shortRevision(build.revision)}`;
  return `${build.source}${actor === '' ? '' : ` by ${actor}`}${revision}`;
}

function drawListPane(state: WatchState, canvas: Canvas, columns: number): string[] {
  const { builds, filter, selected } = state;
  const listed = listedBuilds(state);
  const isRunning = ({ shown }: WatchedBuild): boolean => shown.displayStatus === 'running';
  const running = listed.filter(isRunning).length;
  const time = `${new Date(canvas.now).toISOString().slice(11, 19)} UTC`;
  const filtered = filter === '' ? '' : `, "${filter}": ${listed.length} of ${builds.length}`;
  const title = fit(` ${canvas.of}: ${running} running${filtered}`, columns - time.length - 1, canvas);
  const head = emphasized(padEnd(title, columns - time.length) + time, 'bold', columns, canvas);

  const rows: { readonly text: string; readonly place: number }[] = [];
  if (running === 0) rows.push({ text: emphasized(' Nothing is running', 'dim', columns, canvas), place: -1 });
  const appColumns = appColumnsOf(listed, columns);
  listed.forEach((build, place) => {
    if (place === running) {
      rows.push({ text: '', place: -1 }, { text: emphasized(' Latest', 'bold', columns, canvas), place: -1 });
    }
    rows.push({ text: drawBuild(build, place === selected, appColumns, columns, canvas), place });
  });
  const room = Math.max(1, canvas.rows - 2);
  const at = rows.findIndex(({ place }) => place === selected);
  const from = Math.max(0, Math.min(at - Math.floor(room / 2), rows.length - room));
  return [head, ...rows.slice(from, from + room).map(({ text }) => text)];
}

function appColumnsOf(builds: readonly WatchedBuild[], columns: number): number {
  const widest = Math.max(3, ...builds.map(({ app }) => app.length));
  return Math.min(widest, Math.max(8, Math.floor(columns / 4)));
}

function drawBuild(
  build: WatchedBuild,
  selected: boolean,
  appColumns: number,
  columns: number,
  canvas: Canvas,
): string {
  const { app, shown } = build;
  const before = `${selected ? '>' : ' '}${fitExactly(app, appColumns, canvas)}  `;
  const explained =
    columns >= WIDE_COLUMNS ? [fitExactly(shown.build.id, 14, canvas), fitExactly(shown.build.source, 16, canvas)] : [];
  const last = mayRun(shown) ? canvas.lastLine(build) : `${agoText(shown, canvas.now)}${exitText(shown)}`;
  const after = ['', shown.duration.padStart(8), ...explained, last].join('  ');
  const status = statusText(shown, canvas, false);
  const whole = before + status + after;
  if (selected) return emphasized(whole, 'inverse', columns, canvas);
  const room = columns - widthOf(before + status);
  return room < 0 ? fit(whole, columns, canvas) : before + statusText(shown, canvas, true) + fit(after, room, canvas);
}

function agoText({ build }: SeenBuild, now: number): string {
  const end = parseTimestamp(build.status === 'running' ? build.startedAt : build.finishedAt);
  return end === undefined ? '' : formatAge(end, now);
}

function drawLog(view: LogView, canvas: Canvas): string[] {
  const { columns } = canvas;
  const { app, shown } = view.of;
  const { rows } = logRoom(canvas);
  const status = statusText(shown, canvas, false).trimEnd();
  const title = ` ${app} ${shown.build.id}: ${status} ${shown.duration}${exitText(shown)}   ${aboutText(shown)}`;
  const visibleRows = view.rows.slice(view.top, view.top + rows);
  const none = view.filter === '' ? ' No output' : ' No line has this text';
  const lines =
    visibleRows.length === 0
      ? [emphasized(none, 'dim', columns, canvas)]
      : visibleRows.map((line) => paintedLine(sliceLine(line, view.left, columns), canvas));
  return [
    emphasized(title, 'bold', columns, canvas),
    emphasized(` ${placeText(view, visibleRows.length)}`, 'dim', columns, canvas),
    ...lines,
  ];
}

function placeText(view: LogView, shown: number): string {
  const { rows, top, left } = view;
  const parts = [`rows ${Math.min(top + 1, rows.length)}-${top + shown} of ${rows.length}`];
  if (left > 0) parts.push(`from column ${left + 1}`);
  if (view.filter !== '') parts.push(`with "${view.filter}"`);
  if (view.following && view.of.shown.displayStatus === 'running') parts.push('following');
  return parts.join(', ');
}

const KEY_COLUMNS = 18;

function drawHelp(canvas: Canvas): string[] {
  const { columns, unicode, isLocal } = canvas;
  const ascii = (keys: string): string =>
    unicode ? keys : keys.replace('↑ ↓', 'up down').replace('← →', 'left right');
  return Object.entries(watchKeys).flatMap(([where, all]) => {
    const keys = all.filter(({ local = false }) => isLocal || !local);
    if (keys.length === 0) return [];
    return [
      emphasized(` ${where}`, 'bold', columns, canvas),
      ...keys.map((key) => fit(`   ${padEnd(ascii(key.keys), KEY_COLUMNS)}${key.does}`, columns, canvas)),
    ];
  });
}
