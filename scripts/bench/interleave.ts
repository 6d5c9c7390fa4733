/** Measures one run; what it returns is in ms, or in KiB. */
export type Side = (run: number) => number | Promise<number>;

/**
 * Runs the sides in turn, `runs` times each, after one round that does not count: whatever else the machine does falls on all of
 * them. Returns the median of each.
 */
export async function interleave<Name extends string>(
  runs: number,
  sides: Readonly<Record<Name, Side>>,
): Promise<Record<Name, number>> {
  const entries = Object.entries<Side>(sides);
  const taken = new Map<string, number[]>(entries.map(([name]) => [name, []]));
  for (let run = 0; run <= runs; run += 1) {
    for (const [name, side] of entries) {
      const value = await side(run);
      if (run > 0) taken.get(name)?.push(value);
    }
  }
  return Object.fromEntries(entries.map(([name]) => [name, median(taken.get(name) ?? [])])) as Record<Name, number>;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? (sorted[middle] ?? NaN)
    : ((sorted[middle - 1] ?? NaN) + (sorted[middle] ?? NaN)) / 2;
}
