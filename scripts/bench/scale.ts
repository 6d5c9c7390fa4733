/** How much is measured. Sizes are counts. */
export interface Scale {
  /** Interleaved runs of each side of a comparison; their medians count. */
  readonly runs: number;
  /** The same of what takes seconds. */
  readonly longRuns: number;
  readonly longHistory: number;
  readonly shortHistory: number;
  readonly manyApps: number;
  readonly fewApps: number;
  /** Records of the stock plugin: so many of one app, and 20 each of so many apps. */
  readonly stockRecords: number;
  readonly stockApps: number;
  /** Events that are published in a message each. */
  readonly singleEvents: number;
}

/** What the targets are set for. */
export const full: Scale = {
  runs: 25,
  longRuns: 5,
  longHistory: 1_000_000,
  shortHistory: 100,
  manyApps: 10_000,
  fewApps: 10,
  stockRecords: 50_000,
  stockApps: 1000,
  singleEvents: 20_000,
};

/** Ends within a minute or two; the ratios are rough, and growth is seen over less of it. */
export const quick: Scale = {
  ...full,
  runs: 7,
  longRuns: 3,
  longHistory: 50_000,
  manyApps: 300,
  stockRecords: 10_000,
  stockApps: 200,
  singleEvents: 3000,
};
