import { pause } from './pause';
import { isAlive, isGroupAlive, type ProcessIdentity } from './processes';

/** What code below needs of the machine: its clock, its randomness, its processes. Specs give one of their own. */
export interface System {
  /** ms since the epoch. */
  readonly now: () => number;
  /** 0 up to 1. For ids and pauses, which need not be secret. */
  readonly random: () => number;
  /** Blocks the thread for so many ms. */
  readonly pause: (ms: number) => void;
  /** Whether that very process runs. */
  readonly isAlive: (process: ProcessIdentity) => boolean;
  /** Whether that very process runs, or any process of its process group. */
  readonly isGroupAlive: (process: ProcessIdentity) => boolean;
  /** The caller syncs the whole file system, and then does `work`. So a new journal is not synced alone. */
  readonly afterSync?: (work: () => void) => void;
}

/** The machine that this program runs on. */
export const thisSystem: System = { now: Date.now, random: Math.random, pause, isAlive, isGroupAlive };
