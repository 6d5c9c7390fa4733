/** How much is measured. Sizes are counts. */
export interface Scale {
  /** Interleaved runs of each side of a comparison of whole programs; the median counts. */
  readonly runs: number;
  /** The same of what takes seconds. */
  readonly longRuns: number;
  readonly longHistory: number;
  readonly shortHistory: number;
  readonly manyApps: number;
  readonly fewApps: number;
  readonly reportedApps: number;
  readonly appends: number;
  readonly writers: number;
  /** Deploys (three appends each) of all writers together. */
  readonly deploys: number;
}

/** What the targets are set for. */
export const full: Scale = {
  runs: 25,
  longRuns: 15,
  longHistory: 1_000_000,
  shortHistory: 100,
  manyApps: 10_000,
  fewApps: 10,
  reportedApps: 1_000,
  appends: 5000,
  writers: 32,
  deploys: 1600,
};

/** Ends within a minute; the ratios are rough, and growth is seen over less of it. */
export const quick: Scale = {
  runs: 5,
  longRuns: 2,
  longHistory: 50_000,
  shortHistory: 100,
  manyApps: 300,
  fewApps: 10,
  reportedApps: 1_000, // with fewer, start-up is most of it
  appends: 1000,
  writers: 32,
  deploys: 1600, // with fewer, too
};
