import { visible } from '../../host/printable';
import type { Output } from '../../host/terminal/output';

/** Prints lines `Label: value`, the values behind `columns` columns. A detail without a value is left out. */
export function printDetails(
  output: Output,
  details: readonly (readonly [label: string, value: string])[],
  columns: number,
): void {
  for (const [label, value] of details)
    if (value !== '') output.verbose(`${`${label}:`.padEnd(columns)}${visible(value)}`);
}
