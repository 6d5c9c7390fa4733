/** One line of the table: what was measured, against what, and the ratio of the two medians. */
export interface Row {
  readonly what: string;
  readonly against: string;
  /** `ms`: CPU time, user and system. `KiB`: peak memory. */
  readonly unit: 'ms' | 'KiB';
  readonly measured: number;
  readonly baseline: number;
  readonly ratio: number;
  /** The ratio is to be at most this. */
  readonly target: number;
  /** Interleaved runs of each side. */
  readonly runs: number;
}

/** A row of two medians. */
export function row(fields: Omit<Row, 'ratio'>): Row {
  return { ...fields, ratio: fields.measured / fields.baseline };
}

function isMet({ ratio, target }: Pick<Row, 'ratio' | 'target'>): boolean {
  return ratio <= target;
}

/** How many targets are met, as a line of text. */
export function summary(rows: readonly Row[]): string {
  return `${String(rows.filter(isMet).length)} of ${String(rows.length)} targets are met`;
}

/** The rows as a table of text. */
export function formatRows(rows: readonly Row[]): string {
  const cells = rows.map(({ what, against, unit, measured, baseline, ratio, target, runs }) => [
    what,
    against,
    amount(measured, unit),
    amount(baseline, unit),
    ratio.toFixed(2),
    target.toFixed(2),
    isMet({ ratio, target }) ? 'met' : 'missed',
    String(runs),
  ]);
  const header = ['what', 'against', 'measured', 'baseline', 'ratio', 'target', '', 'runs'];
  const all = [header, ...cells];
  const widths = header.map((_, column) => Math.max(...all.map((line) => line[column]?.length ?? 0)));
  const lines = all.map((line) => line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '));
  return lines.map((line) => `${line.trimEnd()}\n`).join('');
}

function amount(value: number, unit: Row['unit']): string {
  return unit === 'ms' ? `${value.toFixed(value < 100 ? 1 : 0)} ms` : `${(value / 1024).toFixed(1)} MiB`;
}
