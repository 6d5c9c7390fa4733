import { parseTimestamp, toWholeSeconds } from '../../host/durations';
import type { Host } from '../../host/dokku/environment';
import { visible } from '../../host/printable';
import { formatAge } from '../../host/terminal/age';
import { type Colour, ink } from '../../host/terminal/colour';
import type { Output } from '../../host/terminal/output';
import { readTerminal } from '../../host/terminal/terminal';
import { type Column, terminalTableLines } from '../../host/terminal/table/terminalTable';
import { fit } from '../../host/terminal/table/width';
import { pruningText } from '../../projections/events/past';
import { shortRevision, whoText } from '../../projections/events/eventView';
import { whyFailed } from '../../projections/lists/whyFailed';
import { lastLogLines } from '../shared/lastLogLines';
import { statusColour } from '../shared/onTerminal';
import type { Listed, Listing } from './listings';

/** How the caller wants to read the list. */
export interface Wanted {
  readonly colour: boolean;
  /** Show pid and kind as well, and times instead of ages. */
  readonly wide: boolean;
  /** Show ages, even in a wide list. */
  readonly relative: boolean;
  /** What ages are counted to, ms since the epoch. */
  readonly now: number;
}

/** A column of the list: its name, how it behaves on a narrow terminal, and its cell. */
interface ListColumn extends Column {
  readonly cell: (listed: Listed) => string;
}

function columnsOf({ app, pruned }: Listing['shows'], { wide, relative, now }: Wanted): ListColumn[] {
  const age = (time: string): string => formatAge(parseTimestamp(time) ?? now, now);
  const when = wide && !relative ? toWholeSeconds : age;
  const column = (name: string, cell: (listed: Listed) => string, traits: Omit<Column, 'name'> = {}): ListColumn => ({
    name,
    cell,
    ...traits,
  });
  return [
    ...(app ? [column('App', (one) => one.app, { cut: { to: 12, at: 5 } })] : []),
    column('Build ID', ({ shown }) => shown.build.id),
    column('Commit', ({ shown }) => shortRevision(shown.build.revision), { gives: 9 }),
    column('Who', ({ shown }) => whoText(shown.build.actor), { gives: 8, cut: { to: 8, at: 4 } }),
    column('Status', ({ shown }) => shown.displayStatus, { colour: statusColour }),
    column('When', ({ shown }) => when(shown.build.startedAt), { gives: 10 }),
    column('Duration', ({ shown }) => shown.duration, { gives: 7 }),
    column('Source', ({ shown }) => shown.build.source, { gives: 6, cut: { to: 8, at: 3 } }),
    ...(wide ? [column('Kind', ({ shown }) => shown.build.kind, { gives: 2 })] : []),
    ...(wide ? [column('PID', ({ shown }) => String(shown.build.process.pid), { gives: 1, right: true })] : []),
    ...(pruned
      ? [column('Pruned', ({ pruning }) => pruningText(pruning, when), { gives: 10, cut: { to: 8, at: 9 } })]
      : []),
  ];
}

const WHY_INDENT = 2;

/** Prints a list of builds on a terminal. Below a failed build, a line says why it failed. */
export function printListOnTerminal(host: Host, output: Output, listing: Listing, wanted: Wanted): void {
  const terminal = readTerminal(process.env, wanted);
  output.viewTitle(listing.title);
  const columns = columnsOf(listing.shows, wanted);
  const cellsOf = (listed: Listed): string[] => columns.map(({ cell }) => cell(listed));
  for (const [line, listed] of terminalTableLines(columns, listing.builds, cellsOf, terminal)) {
    output.line(line);
    const why = listed === undefined ? '' : whyOf(host, listed);
    if (why === '') continue;
    const text = fit(visible(why), (terminal.columns ?? Number.POSITIVE_INFINITY) - WHY_INDENT, terminal);
    output.line(`${' '.repeat(WHY_INDENT)}${ink(text, WHY_COLOUR, terminal)}`);
  }
}

const WHY_COLOUR: Colour = 'dim';

function whyOf(host: Host, { app, shown, pruning }: Listed): string {
  const { build } = shown;
  return shown.displayStatus === 'failed'
    ? whyFailed(build, pruning === undefined ? lastLogLines(host, app, build.id) : [])
    : '';
}
