import { medianOf } from '../../projections/stats/median';

/** What one run of a program cost. */
export interface Cost {
  /** CPU time, user and system together. */
  readonly milliseconds: number;
  /** Peak resident memory. */
  readonly kibibytes: number;
}

/** One side of a comparison: runs something once. */
export type Side = () => Cost;

/**
 * Runs the sides in turn, `runs` times each, after one round that does not count: whatever else the machine does falls
 * on all of them. Returns the medians of each.
 */
export function interleave<Name extends string>(runs: number, sides: Readonly<Record<Name, Side>>): Record<Name, Cost> {
  const entries = Object.entries<Side>(sides);
  const costs = new Map<string, Cost[]>(entries.map(([name]) => [name, []]));
  for (let run = 0; run <= runs; run += 1) {
    for (const [name, side] of entries) {
      const cost = side();
      if (run > 0) costs.get(name)?.push(cost);
    }
  }
  return Object.fromEntries(entries.map(([name]) => [name, medianCost(costs.get(name) ?? [])])) as Record<Name, Cost>;
}

function medianCost(costs: readonly Cost[]): Cost {
  return {
    milliseconds: median(costs.map((cost) => cost.milliseconds)),
    kibibytes: median(costs.map((cost) => cost.kibibytes)),
  };
}

function median(values: readonly number[]): number {
  return medianOf(values.toSorted((a, b) => a - b)) ?? NaN;
}
