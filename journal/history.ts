import { type BuildId, isGeneratedBuildId } from '../host/dokku/names';
import type { ProcessIdentity } from '../host/system/processes';
import type { Actor, Kind, Timestamp } from './events';

interface Begun {
  readonly id: BuildId;
  readonly kind: Kind;
  readonly source: string;
  readonly process: ProcessIdentity;
  readonly startedAt: Timestamp;
  readonly actor: Actor;
  readonly revision?: string;
  readonly adopted: boolean;
}

/** No event says yet how it ended; whether its process lives, only a reader can find out. */
export interface RunningBuild extends Begun {
  readonly status: 'running';
}

/** It ended by itself, or was found dead (`cause: abandoned`). */
export interface FinishedBuild extends Begun {
  readonly status: 'succeeded' | 'failed';
  readonly exitCode: number;
  readonly cause: 'exit' | 'abandoned';
  readonly finishedAt: Timestamp;
}

/** Somebody ended it. */
export interface CanceledBuild extends Begun {
  readonly status: 'canceled';
  readonly exitCode: -1;
  readonly finishedAt: Timestamp;
  readonly canceledBy: Actor;
  readonly signal?: string;
}

/** A build that is on record. */
export type Build = RunningBuild | FinishedBuild | CanceledBuild;

/** What an app's events add up to. Its size follows from what is on record, not from how much ever happened. */
export interface History {
  /** Oldest first, in the journal's order; adopted ones stand where their start belongs. */
  readonly builds: readonly Build[];
  /**
   * The newest ids of the generated form that ever started, at most {@link NEWEST_KEPT}, in ascending order: one above the first of them that is
   * not among them was never used.
   */
  readonly newestIds: readonly BuildId[];
  /** The builds that left last, at most {@link DEPARTED_KEPT}: files of theirs that a crash left behind are swept. */
  readonly departed: readonly BuildId[];
}

export const DEPARTED_KEPT = 64;

/** Deploys of one app that begin at once are appended in another order than their ids have; so many of them may. */
export const NEWEST_KEPT = 64;

/** The build `id` of `history`; undefined when it is not on record. */
export function findBuild(history: History, id: BuildId): Build | undefined {
  return history.builds.find((build) => build.id === id);
}

/** Whether `id` sorts so that it would be among the {@link History.newestIds} if it had ever started. */
export function isCertainlyNew({ newestIds }: History, id: BuildId): boolean {
  const isAbove = newestIds.length < NEWEST_KEPT || id > (newestIds[0] ?? '');
  return isGeneratedBuildId(id) && isAbove && !newestIds.includes(id);
}

/** The build that started last. */
export function newestBuild(history: History): Build | undefined {
  return history.builds.at(-1);
}
