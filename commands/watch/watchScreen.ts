import { formatAge } from '../../host/terminal/age';
import type { SeenBuild } from '../../projections/records/record';
import type { WatchedBuild } from './watchBuilds';
import type { LogView, WatchState } from './watchState';
import { fit } from './watchWidth';

/** What there is to draw on, and how. */
export interface Canvas {
  readonly columns: number;
  readonly rows: number;
  readonly colors: boolean;
  /** ms since the epoch. */
  readonly now: number;
  /** The last line that a build has printed, without control characters. */
  readonly lastLine: (build: WatchedBuild) => string;
  /** What is watched: the name of an app, or of the host. */
  readonly of: string;
}

/** Lines of a log that fit on the screen. */
export function pageOf(rows: number): number {
  return Math.max(1, rows - 3);
}

/** The screen, line by line; never more lines than it has, and none longer than it is wide. */
export function drawScreen(state: WatchState, canvas: Canvas): string[] {
  const { columns, rows } = canvas;
  const body = state.view.name === 'log' ? drawLog(state.view, canvas) : drawList(state, canvas);
  const lines = [...body.slice(0, Math.max(0, rows - 1))];
  while (lines.length < rows - 1) lines.push('');
  return [...lines, paint(canvas, footer(state), columns, 'inverse')].slice(-rows);
}

function footer({ view, asking, message }: WatchState): string {
  if (asking !== undefined)
    return ` Cancel build ${asking.seen.build.id} of ${asking.app}? y cancels it, any other key does not`;
  if (message !== '') return ` ${message}`;
  if (view.name === 'list') return ' ↑↓ select   enter log   c cancel   q quit';
  return ` ↑↓ scroll   f ${view.following ? 'stop following' : 'follow'}   c cancel   q back`;
}

const SIGNS = { running: '▶', succeeded: '✓', failed: '✗', canceled: '⊘', abandoned: '?' } as const;
const COLORS = { running: 'blue', succeeded: 'green', failed: 'red', canceled: 'yellow', abandoned: 'yellow' } as const;
/** From which width on there is room for the columns that explain most. */
const WIDE_COLUMNS = 90;

function drawList({ builds, selected }: WatchState, canvas: Canvas): string[] {
  const { columns, rows, of } = canvas;
  const running = builds.filter(({ seen }) => seen.displayStatus === 'running').length;
  const time = new Date(canvas.now).toISOString().slice(11, 19);
  const heads = [paint(canvas, ` ${of}: ${running} running`.padEnd(columns - 13) + `${time} UTC`, columns, 'bold')];
  const widest = Math.max(3, ...builds.map(({ app }) => app.length));
  const appWidth = Math.min(widest, Math.max(8, Math.floor(columns / 4)));
  const lines: { readonly text: string; readonly place: number }[] = [];
  if (running === 0) lines.push({ text: paint(canvas, ' Nothing is running', columns, 'dim'), place: -1 });
  builds.forEach((build, place) => {
    if (place === running) {
      lines.push({ text: '', place: -1 }, { text: paint(canvas, ' Latest', columns, 'bold'), place: -1 });
    }
    lines.push({ text: drawBuild(build, place === selected, appWidth, canvas), place });
  });
  const room = Math.max(1, rows - 2);
  const at = lines.findIndex(({ place }) => place === selected);
  const from = Math.max(0, Math.min(at - Math.floor(room / 2), lines.length - room));
  return [...heads, ...lines.slice(from, from + room).map(({ text }) => text)];
}

function drawBuild(build: WatchedBuild, selected: boolean, appWidth: number, canvas: Canvas): string {
  const { app, seen } = build;
  const { displayStatus } = seen;
  const cells = [
    fit(app, appWidth),
    fit(`${SIGNS[displayStatus]} ${displayStatus}`, 11),
    seen.duration.padStart(8),
    ...(canvas.columns >= WIDE_COLUMNS ? [fit(seen.build.id, 14), fit(seen.build.source, 16)] : []),
    displayStatus === 'running' ? canvas.lastLine(build) : `${agoText(seen, canvas.now)}${exitText(seen)}`,
  ];
  const text = fit(`${selected ? '>' : ' '}${cells.join('  ')}`, canvas.columns);
  if (selected) return paint(canvas, text, canvas.columns, 'inverse');
  const place = text.indexOf(SIGNS[displayStatus]);
  if (!canvas.colors || place < 0) return text;
  const end = place + 2 + displayStatus.length;
  return text.slice(0, place) + CODES[COLORS[displayStatus]] + text.slice(place, end) + CODES.reset + text.slice(end);
}

function agoText({ build }: SeenBuild, now: number): string {
  const end = Date.parse(build.status === 'running' ? build.startedAt : build.finishedAt);
  return Number.isNaN(end) ? '' : formatAge(Math.max(0, now - end));
}

function exitText({ build }: SeenBuild): string {
  return build.status === 'failed' ? `, exit code ${build.exitCode}` : '';
}

function drawLog(view: LogView, canvas: Canvas): string[] {
  const { columns, rows } = canvas;
  const { app, seen } = view.of;
  const page = pageOf(rows);
  const title = ` ${app} ${seen.build.id}: ${SIGNS[seen.displayStatus]} ${seen.displayStatus} ${seen.duration}${exitText(seen)}`;
  const shown = view.lines.slice(view.top, view.top + page);
  const place = `lines ${Math.min(view.top + 1, view.lines.length)}-${view.top + shown.length} of ${view.lines.length}${view.following ? ', following' : ''}`;
  const lines =
    shown.length === 0 ? [paint(canvas, ' No output', columns, 'dim')] : shown.map((line) => fit(line, columns));
  return [paint(canvas, title, columns, 'bold'), paint(canvas, ` ${place}`, columns, 'dim'), ...lines];
}

const CODES = {
  reset: '\u001b[0m',
  bold: '\u001b[1m',
  dim: '\u001b[2m',
  inverse: '\u001b[7m',
  red: '\u001b[31m',
  green: '\u001b[32m',
  yellow: '\u001b[33m',
  blue: '\u001b[36m',
} as const;

/** Not colours, which somebody may not want: a screen needs them to say what is selected. */
function paint(_: Canvas, text: string, columns: number, code: 'bold' | 'dim' | 'inverse'): string {
  return `${CODES[code]}${fit(text, columns)}${CODES.reset}`;
}
