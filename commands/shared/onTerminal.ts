import { type Colour, ink } from '../../host/terminal/colour';
import { visible } from '../../host/printable';
import type { Output } from '../../host/terminal/output';
import { readTerminal, type Terminal } from '../../host/terminal/terminal';
import { type Column, formatTerminalTable } from '../../host/terminal/terminalTable';
import { fit } from '../../host/terminal/width';
import { wrapText } from '../../host/terminal/wrap';
import type { DisplayStatus } from '../../projections/records/record';
import type { Display } from './display';

/*
 * Output for a terminal, which no script reads. Loaded only if stdout is a terminal.
 */

const statusColours: Readonly<Record<DisplayStatus, Colour>> = {
  running: 'cyan',
  succeeded: 'green',
  failed: 'red',
  canceled: 'yellow',
  abandoned: 'magenta',
};

/** The colour of a display status; undefined for other text. */
export function statusColour(text: string): Colour | undefined {
  return Object.hasOwn(statusColours, text) ? statusColours[text as DisplayStatus] : undefined;
}

/** Prints the title of a view in one line. */
export function printTitleOnTerminal(output: Output, title: string, terminal: Terminal): void {
  output.viewTitle(fit(title, room(terminal, 0), terminal));
}

/** How the columns of small tables behave on a narrow terminal. */
const traits: Readonly<Record<string, Omit<Column, 'name'>>> = {
  Source: { gives: 3, cut: { to: 8, at: 1 } },
  Who: { gives: 4, cut: { to: 8, at: 2 } },
  Released: { gives: 5 },
  Commit: { gives: 6 },
};

/** Prints a titled table that fits the terminal. */
export function printTableOnTerminal(
  output: Output,
  title: string,
  columns: readonly string[],
  rows: readonly (readonly string[])[],
  wanted: { readonly colour: boolean },
): void {
  const terminal = readTerminal(process.env, wanted);
  printTitleOnTerminal(output, title, terminal);
  const shown = columns.map((name) => ({ name, ...traits[name] }));
  output.raw(formatTerminalTable(shown, rows, terminal));
}

const INDENT = 7;

/** Columns that remain for a value behind a label of `labelColumns`, which has the indent of a title. */
export function room({ columns }: Terminal, labelColumns: number): number {
  return Math.max(1, (columns ?? Number.POSITIVE_INFINITY) - INDENT - labelColumns);
}

/**
 * Prints titled lines `Label: value`. A long value is broken between words. A longer word, such as a path, stays in
 * one piece, so that it can be copied.
 */
export function printDetailsOnTerminal(
  output: Output,
  title: string,
  details: readonly (readonly [label: string, value: string])[],
  labelColumns: number,
  display: Display,
): void {
  const terminal = readTerminal(process.env, display);
  printTitleOnTerminal(output, title, terminal);
  for (const [label, value] of details) {
    const colour = label === 'Status' ? statusColour(value) : undefined;
    for (const [n, line] of wrapText(visible(value), room(terminal, labelColumns)).entries()) {
      printDetail(output, terminal, (n === 0 ? `${label}:` : '').padEnd(labelColumns), line, colour);
    }
  }
}

/**
 * One such line: `label` is padded, `value` has been fitted. On a terminal of a few columns the label is cut as well.
 */
export function printDetail(
  output: Output,
  terminal: Terminal,
  label: string,
  value: string,
  colour: Colour | undefined,
): void {
  const shownLabel = fit(label, room(terminal, 0) - 1, terminal);
  output.verbose(`${shownLabel}${ink(value, colour, terminal)}`);
}
