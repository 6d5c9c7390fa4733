import { type BuildId, isGeneratedBuildId } from '../host/dokku/names';
import type { ProcessIdentity } from '../host/system/processes';
import type { Actor, Cause, Kind, Timestamp } from './events';

interface Started {
  readonly id: BuildId;
  readonly kind: Kind;
  readonly source: string;
  readonly process: ProcessIdentity;
  readonly startedAt: Timestamp;
  readonly actor: Actor;
  readonly revision?: string;
  /** It was read from a record that another program wrote. */
  readonly adopted: boolean;
  /** The retention has removed its log. */
  readonly logPruned?: true;
}

/** A build without an end. Only a reader can find out whether its process lives. */
export interface RunningBuild extends Started {
  readonly status: 'running';
}

/** It ended, by a report or by an inference (see {@link Cause}). */
export interface FinishedBuild extends Started {
  readonly status: 'succeeded' | 'failed';
  readonly exitCode: number;
  readonly cause: Cause;
  readonly finishedAt: Timestamp;
}

/** It was ended by a cancel. */
export interface CanceledBuild extends Started {
  readonly status: 'canceled';
  readonly exitCode: -1;
  readonly finishedAt: Timestamp;
  readonly canceledBy: Actor;
  readonly signal?: string;
}

/** A build that is on record. */
export type Build = RunningBuild | FinishedBuild | CanceledBuild;

/**
 * The state of an app: the fold of its events. Its size depends on the builds on record, not on the length of the
 * history.
 */
export interface History {
  /** The builds on record, by id. */
  readonly builds: Readonly<Record<BuildId, Build>>;
  /** Their ids, oldest first, in the order of the journal; an adopted build stands where its start belongs. */
  readonly order: readonly BuildId[];
  /**
   * The newest ids of the generated form that ever started, at most {@link NEWEST_KEPT}, ascending. An id above the
   * first of them that is not among them was never used.
   */
  readonly newestIds: readonly BuildId[];
  /**
   * The builds that were pruned last, at most {@link PRUNED_KEPT}: their ids are not used again, their files are
   * removed.
   */
  readonly pruned: readonly BuildId[];
}

export const PRUNED_KEPT = 64;

/**
 * Number of newest ids that are kept. Deploys of one app that begin at the same time may be appended in another order
 * than that of their ids.
 */
export const NEWEST_KEPT = 64;

/** The build `id` of `history`; undefined if it is not on record. */
export function findBuild(history: History, id: BuildId): Build | undefined {
  return Object.hasOwn(history.builds, id) ? history.builds[id] : undefined; // an id may be called `constructor`
}

/** The builds on record, oldest first. */
export function buildsOf(history: History): Build[] {
  return history.order.map((id) => findBuild(history, id)).filter((build) => build !== undefined);
}

/** The builds that no event has ended yet, oldest first. */
export function runningBuilds(history: History): RunningBuild[] {
  return buildsOf(history).filter((build) => build.status === 'running');
}

/** The build that started last. */
export function newestBuild(history: History): Build | undefined {
  const id = history.order.at(-1);
  return id === undefined ? undefined : findBuild(history, id);
}

/** Whether `history` alone shows that no build with this id has ever started. */
export function isCertainlyNew(history: History, id: BuildId): boolean {
  const { newestIds } = history;
  const isAbove = newestIds.length < NEWEST_KEPT || id > (newestIds[0] ?? '');
  return isGeneratedBuildId(id) && isAbove && !newestIds.includes(id);
}

/** Whether a report may still change how the build ended: it is running, or its end was inferred. */
export function isOpenToReport(build: Build): boolean {
  return build.status === 'running' || (build.status !== 'canceled' && build.cause !== 'exit');
}
