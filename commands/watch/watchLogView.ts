import { lineWidth, type PrintedLine, textOf, wrapLine } from '../../host/terminal/printed';
import type { WatchedBuild } from './watchBuilds';

/** The log of one build on the whole screen. */
export interface LogView {
  readonly name: 'log';
  readonly of: WatchedBuild;
  /** Only lines with this text are shown; '' for all. */
  readonly filter: string;
  readonly wraps: boolean;
  /** First column that is shown, in lines that are not wrapped. */
  readonly left: number;
  /** The lines that are shown, each as many rows as it takes. */
  readonly rows: readonly PrintedLine[];
  /** First row that is shown; the last page while `following`. */
  readonly top: number;
  readonly following: boolean;
}

/** Room for a log: columns, and rows. */
export interface LogRoom {
  readonly columns: number;
  readonly rows: number;
}

/** The log of `of` from its end, before its lines are laid out. */
export function openLogView(of: WatchedBuild): LogView {
  return { name: 'log', of, filter: '', wraps: true, left: 0, rows: [], top: 0, following: true };
}

/** The view with the rows that `lines` take in `room`. */
export function layOut(view: LogView, lines: readonly PrintedLine[], room: LogRoom): LogView {
  const shown = view.filter === '' ? lines : lines.filter((line) => matches(textOf(line), view.filter));
  const rows = view.wraps ? shown.flatMap((line) => wrapLine(line, room.columns)) : shown;
  const last = lastTop(rows, room);
  return { ...view, rows, top: view.following ? last : Math.min(view.top, last) };
}

const SIDEWAYS = 20;

/** The view after a key; undefined when that closes it. */
export function onLogViewKey(
  view: LogView,
  lines: readonly PrintedLine[],
  key: string,
  room: LogRoom,
): LogView | undefined {
  const change = (changed: Partial<LogView>): LogView => layOut({ ...view, ...changed }, lines, room);
  const to = (top: number): LogView => {
    const last = lastTop(view.rows, room);
    const place = Math.max(0, Math.min(last, top));
    return { ...view, top: place, following: place === last && top >= view.top };
  };
  const sideways = (columns: number): LogView => {
    const next = view.wraps ? change({ wraps: false }) : view;
    const widest = next.rows.reduce((most, line) => Math.max(most, lineWidth(line)), 0);
    return { ...next, left: Math.max(0, Math.min(next.left + columns, widest - room.columns)) };
  };
  switch (key) {
    case 'up':
    case 'k':
      return to(view.top - 1);
    case 'down':
    case 'j':
      return to(view.top + 1);
    case 'pageup':
    case 'b':
      return to(view.top - room.rows);
    case 'pagedown':
    case ' ':
      return to(view.top + room.rows);
    case 'home':
    case 'g':
      return to(0);
    case 'end':
    case 'G':
      return to(view.rows.length);
    case 'left':
    case 'h':
      return sideways(-SIDEWAYS);
    case 'right':
    case 'l':
      return sideways(SIDEWAYS);
    case 'w':
      return change({ wraps: !view.wraps, left: 0 });
    case 'f':
      return change({ following: !view.following });
    case 'escape':
      return view.filter === '' ? undefined : change({ filter: '' });
    case 'q':
    case 'o':
    case 'enter':
    case 'backspace':
      return undefined;
    default:
      return view;
  }
}

/** Whether `text` has `filter` in it, in capitals or not. */
export function matches(text: string, filter: string): boolean {
  return text.toLowerCase().includes(filter.toLowerCase());
}

function lastTop(rows: readonly PrintedLine[], room: LogRoom): number {
  return Math.max(0, rows.length - room.rows);
}
