import { type Colour, ink } from '../../host/terminal/colour';
import { visible } from '../../host/printable';
import type { Output } from '../../host/terminal/output';
import { readTerminal, type Terminal } from '../../host/terminal/terminal';
import { type Column, formatTerminalTable } from '../../host/terminal/table/terminalTable';
import { wrapBehind } from '../../host/terminal/table/wrap';
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

/** How the columns of small tables behave on a narrow terminal. */
const traits: Readonly<Record<string, Omit<Column, 'name'>>> = {
  Heard: { gives: 0 },
  Source: { gives: 3, cut: { to: 8, at: 1 } },
  Duration: { gives: 3 },
  Who: { gives: 4, cut: { to: 8, at: 2 } },
  Released: { gives: 5 },
  When: { gives: 5 },
  Commit: { gives: 6 },
  App: { cut: { to: 8, at: 7 } },
  Host: { cut: { to: 8, at: 7 } },
  Status: { cut: { to: 9, at: 7 }, colour: statusColour },
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
  output.viewTitle(title);
  const shown = columns.map((name) => ({ name, ...traits[name] }));
  output.raw(formatTerminalTable(shown, rows, terminal));
}

const INDENT = 7;

/** Columns that remain for a value behind a label of `labelColumns`, which has the indent of a title. */
export function room({ columns }: Terminal, labelColumns: number): number {
  return Math.max(1, (columns ?? Number.POSITIVE_INFINITY) - INDENT - labelColumns);
}

/** Prints titled lines `Label: value`. */
export function printDetailsOnTerminal(
  output: Output,
  title: string,
  details: readonly (readonly [label: string, value: string])[],
  labelColumns: number,
  display: Display,
): void {
  const terminal = readTerminal(process.env, display);
  output.viewTitle(title);
  for (const [label, value] of details) {
    const colour = label === 'Status' ? statusColour(value) : undefined;
    printDetail(output, terminal, `${label}:`.padEnd(labelColumns), value, colour);
  }
}

/**
 * Prints such a line; `label` is padded. A long value is broken between words. A longer word, such as a path, stays in
 * one piece, so that it can be copied. A value with a colour is short.
 */
export function printDetail(
  output: Output,
  terminal: Terminal,
  label: string,
  value: string,
  colour: Colour | undefined,
): void {
  if (colour !== undefined) output.verbose(`${label}${ink(visible(value), colour, terminal)}`);
  else for (const line of wrapBehind(label, visible(value), room(terminal, 0))) output.verbose(line);
}
