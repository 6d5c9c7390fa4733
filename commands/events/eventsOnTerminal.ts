import { counted } from '../../host/printable';
import { formatAge } from '../../host/terminal/age';
import { ink } from '../../host/terminal/colour';
import type { Output } from '../../host/terminal/output';
import { readTerminal, type Terminal } from '../../host/terminal/terminal';
import { fit, fitExactly } from '../../host/terminal/table/width';
import type { BuildEvent, Recorded } from '../../journal/events';
import { buildsText, eventParts, eventWord } from '../../projections/events/eventView';
import { happenedAt, isAdopted } from '../../projections/events/happenedAt';
import { statusColour } from '../shared/onTerminal';
import { type EventTable, NO_EVENTS, type Wanted, type WhereColumn } from './eventTable';

/*
 * Events on a terminal: one row each, below the day. If a row leaves too little room for what happened, that gets a
 * row of its own.
 */

const GAP = '  ';
const TIME_COLUMNS = '13:50:00'.length;
const EVENT_COLUMNS = 'succeeded'.length;
const BUILD_COLUMNS = 14;
const MOST_WHERE = 16;
/** Columns that are needed to say what happened. */
const LEAST_WHAT = 24;

/** Prints events as the terminal can show them. */
export function openTerminalTable(output: Output, wanted: Wanted): EventTable {
  const terminal = readTerminal(process.env, wanted);
  const layout = layoutFor(wanted.where, terminal);
  const adoptions = countAdoptions();
  let day = '';
  let begun = false;
  const begin = (): void => {
    if (!begun && !layout.isTall) output.line(ink(header(wanted, layout), 'bold', terminal));
    begun = true;
  };
  return {
    print(places, recorded) {
      begin();
      const time = new Date(happenedAt(recorded)).toISOString();
      const date = time.slice(0, 10);
      if (!wanted.relative && date !== day)
        output.line(ink(fit(`${date} UTC`, layout.columns, terminal), 'bold', terminal));
      day = date;
      adoptions.add(places, recorded);
      const when = wanted.relative ? formatAge(happenedAt(recorded), wanted.now) : time.slice(11, 19);
      for (const line of rowsOf(when, places, recorded.event, layout, terminal)) output.line(line.trimEnd());
    },
    pause() {
      const text = adoptions.take();
      if (text !== undefined) output.line(ink(fit(text, layout.columns, terminal), 'dim', terminal));
    },
    end() {
      if (!begun) output.line(NO_EVENTS);
    },
  };
}

interface Layout {
  readonly columns: number;
  readonly where: readonly WhereColumn[];
  /** True if a second row says what happened, together with the build. */
  readonly isTall: boolean;
  /** Columns for what happened. */
  readonly what: number;
}

function layoutFor(where: readonly WhereColumn[], { columns = Number.POSITIVE_INFINITY }: Terminal): Layout {
  const wide = where.map(({ name, width }) => ({ name, width: Math.min(width, MOST_WHERE) }));
  const before = widthOfRow([TIME_COLUMNS, ...wide.map(({ width }) => width), EVENT_COLUMNS, BUILD_COLUMNS]);
  const what = columns - before - GAP.length;
  if (what >= LEAST_WHAT) return { columns, where: wide, isTall: false, what };
  const room = columns - widthOfRow([TIME_COLUMNS, EVENT_COLUMNS]) - GAP.length * where.length;
  const each = Math.max(0, Math.floor(room / Math.max(1, where.length)));
  const narrow = where.map(({ name, width }) => ({ name, width: Math.min(width, each) }));
  return { columns, where: narrow, isTall: true, what: columns - BUILD_COLUMNS - 2 * GAP.length };
}

function widthOfRow(widths: readonly number[]): number {
  return widths.reduce((sum, width) => sum + width + GAP.length, -GAP.length);
}

function header({ where, relative }: Wanted, layout: Layout): string {
  const names = where.map(({ name }, n) => name.padEnd(layout.where[n]?.width ?? 0));
  const time = (relative ? 'When' : 'Time').padEnd(TIME_COLUMNS);
  return [time, ...names, 'Event'.padEnd(EVENT_COLUMNS), 'Build'.padEnd(BUILD_COLUMNS), 'What'].join(GAP);
}

function rowsOf(
  when: string,
  places: readonly string[],
  event: BuildEvent,
  { columns, where, isTall, what }: Layout,
  terminal: Terminal,
): string[] {
  const word = eventWord(event);
  const colour = statusColour(word === 'started' ? 'running' : word) ?? 'dim';
  const place = where.map(({ width }, n) => fitExactly(places[n] ?? '', width, terminal));
  const build = fitExactly(buildsText(event), BUILD_COLUMNS, terminal);
  const shown = ink(isTall ? word : word.padEnd(EVENT_COLUMNS), colour, terminal);
  const happened = wholeParts(eventParts(event), what, terminal);
  const first = [when.padEnd(TIME_COLUMNS), ...place, shown];
  if (!isTall) return [[...first, build, happened].join(GAP)];
  const fitted = (text: string): string => fit(text, columns, terminal);
  return columns < widthOfRow([TIME_COLUMNS, EVENT_COLUMNS])
    ? [fitted(`${when} ${word}`), fitted(buildsText(event))]
    : [first.join(GAP), fitted(`${GAP}${build}${GAP}${happened}`)];
}

/** As many of `parts` as fit, most important first. Only the first one is ever cut, between two words. */
function wholeParts([first = '', ...others]: readonly string[], columns: number, terminal: Terminal): string {
  let text = fit(first, columns, terminal);
  if (text !== first) return text.replace(/[ ;:,]+[^ ]*(.)$/, '$1');
  for (const part of others) {
    const longer = `${text}, ${part}`;
    if (fit(longer, columns, terminal) !== longer) break;
    text = longer;
  }
  return text;
}

interface Adoptions {
  add(places: readonly string[], recorded: Recorded): void;
  /** A line about the builds that were added since the last call; undefined if there were none. */
  take(): string | undefined;
}

function countAdoptions(): Adoptions {
  let builds = new Set<string>();
  let [from, to] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  return {
    add(places, { at, event }) {
      if (!isAdopted(event)) return;
      builds.add([...places, event.build].join('/'));
      [from, to] = [Math.min(from, at), Math.max(to, at)];
    },
    take() {
      if (builds.size === 0) return undefined;
      const [first, last] = [minuteText(from), minuteText(to)];
      const when = first === last ? first : `${first} to ${last}`;
      const count = counted(builds.size, 'build');
      builds = new Set();
      [from, to] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
      return `${count} adopted ${when} UTC`;
    },
  };
}

/** `2026-04-30 13:50` */
function minuteText(at: number): string {
  return new Date(at).toISOString().slice(0, 16).replace('T', ' ');
}
