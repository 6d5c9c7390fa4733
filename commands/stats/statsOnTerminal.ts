import { DAY_MS } from '../../host/durations';
import { type Colour, ink } from '../../host/terminal/colour';
import type { AppName } from '../../host/dokku/names';
import type { Output } from '../../host/terminal/output';
import { readTerminal, type Terminal } from '../../host/terminal/terminal';
import { type Column, formatTerminalTable } from '../../host/terminal/table/terminalTable';
import type { Day } from '../../projections/stats/stats';
import type { Figures, StatsView } from '../../projections/stats/statsView';
import { printDetail, room } from '../shared/onTerminal';
import {
  deliveryColumns,
  deliveryRows,
  type FigureTable,
  figureTables,
  figureCells,
  figureColumns,
  labelText,
  statsTitle,
  summaryLines,
} from './statsText';

/** Prints stats as a terminal can show them: with a bar for each success rate, and one for each of the last days. */
export function printStatsOnTerminal(
  output: Output,
  app: AppName | undefined,
  view: StatsView,
  wanted: { readonly colour: boolean },
): void {
  const terminal = readTerminal(process.env, wanted);
  const columns = room(terminal, labelText('').length);
  output.viewTitle(statsTitle(app, view));
  for (const [label, value] of summaryLines(app, view)) {
    const colour = label === 'Success Rate' ? rateColour(view.all.successRate) : undefined;
    printDetail(output, terminal, labelText(label), value, colour);
  }
  const dates = lastDays(view, Math.min(MOST_DAYS, columns - LEGEND_COLUMNS));
  if (terminal.unicode && dates.length > 1)
    output.verbose(`${labelText(`Last ${dates.length} Days`)}${sparkline(dates, new Map(view.days), terminal)}`);
  for (const table of figureTables(app, view)) printFigures(output, table, view.now, terminal);
  if (app !== undefined) return;
  const columnsOfDeliveries = deliveryColumns.map((name) => ({ name, ...traits[name] }));
  output.line('');
  output.raw(formatTerminalTable(columnsOfDeliveries, deliveryRows(view), terminal));
}

const MOST_DAYS = 30;
const LEGEND_COLUMNS = 20;

const FINE = 0.9;
const POOR = 0.5;

function rateColour(rate: number | undefined): Colour | undefined {
  if (rate === undefined) return undefined;
  return rate >= FINE ? 'green' : rate >= POOR ? 'yellow' : 'red';
}

/** The last `most` dates (UTC) of the period, up to today. */
function lastDays({ from, now }: StatsView, most: number): string[] {
  const days = Math.floor(now / DAY_MS) - Math.floor((from ?? now) / DAY_MS) + 1;
  const count = Math.max(0, Math.min(most, days));
  return Array.from({ length: count }, (_, n) => new Date(now - (count - 1 - n) * DAY_MS).toISOString().slice(0, 10));
}

const HEIGHTS = Array.from('▁▂▃▄▅▆▇█');
const NOTHING = '·';

/**
 * A character for each date. Its height shows the number of builds; it is red if most of them failed, yellow if some
 * did.
 */
function sparkline(dates: readonly string[], days: ReadonlyMap<string, Day>, terminal: Terminal): string {
  const most = Math.max(1, ...dates.map((date) => days.get(date)?.builds ?? 0));
  const bars = dates.map((date) => {
    const day = days.get(date);
    if (day === undefined || day.builds === 0) return ink(NOTHING, 'dim', terminal);
    const height = HEIGHTS[Math.ceil((day.builds / most) * HEIGHTS.length) - 1] ?? '';
    const colour = day.failed > day.succeeded ? 'red' : day.failed > 0 ? 'yellow' : 'green';
    return ink(height, colour, terminal);
  });
  return `${bars.join('')} up to ${most} a day`;
}

/** How each column behaves on a narrow terminal. */
const traits: Readonly<Record<string, Omit<Column, 'name'>>> = {
  Canceled: { gives: 1, right: true },
  Abandoned: { gives: 2, right: true },
  Longest: { gives: 3, right: true },
  Failed: { gives: 4, right: true },
  P95: { gives: 5, right: true },
  Rate: { gives: 6 },
  Source: { cut: { to: 8, at: 7 } },
  App: { cut: { to: 8, at: 7 } },
  'Last Success': { gives: 8, right: true },
  Median: { gives: 9, right: true },
  Builds: { right: true },
  Success: { right: true },
  'A Day': { gives: 1, right: true },
  'Lead Time': { gives: 4, right: true },
  'Time to Restore': { gives: 5, right: true },
  'Change Failures': { gives: 6, right: true },
  Deployments: { gives: 9, right: true },
};

function printFigures(output: Output, { name, rows }: FigureTable, now: number, terminal: Terminal): void {
  const place = figureColumns.indexOf('Success') + 1; // the bar stands behind it
  const withBar = (cells: readonly string[], cell: string): string[] => cells.toSpliced(place, 0, cell);
  const columns = withBar(figureColumns, 'Rate').map((column) => ({ name: column, ...traits[column] }));
  const colour = (_: string, row: number): Colour | undefined => rateColour(rows[row]?.[1].successRate);
  const painted = columns.map((column) => (['Success', 'Rate'].includes(column.name) ? { ...column, colour } : column));
  output.line('');
  output.raw(
    formatTerminalTable(
      [{ name, ...traits[name] }, ...painted],
      rows.map(([key, figures]) => [key, ...withBar(figureCells(figures, now), bar(figures, terminal))]),
      terminal,
    ),
  );
}

const BAR_COLUMNS = 10;

function bar({ successRate }: Figures, { unicode }: Terminal): string {
  if (successRate === undefined) return '';
  const full = Math.round(successRate * BAR_COLUMNS);
  return (unicode ? '█' : '#').repeat(full) + (unicode ? '░' : '.').repeat(BAR_COLUMNS - full);
}
