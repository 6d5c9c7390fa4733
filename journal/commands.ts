import type { BuildId } from '../host/dokku/names';
import type { Retention } from '../host/dokku/retention';
import { Failure } from '../host/failure';
import type { ProcessIdentity } from '../host/system/processes';
import type { Evidence } from './conclusion';
import type { Actor, BuildCanceled, BuildFinished, BuildStarted, Source } from './events';

/** A command about an app's history. `at` is when the host received it, ms since the epoch. */
export type BuildCommand =
  | StartBuild
  /** The deploy reports its end. `cancel`: a process was about to end it by a signal. */
  | FinishBuild
  | CancelBuild
  /** The processes of these builds have ended without a report. */
  | { readonly type: 'ConcludeBuilds'; readonly ended: readonly EndedBuild[] }
  /** Keep no more than the retention says. */
  | { readonly type: 'PruneBuilds'; readonly retention: Retention; readonly at: number }
  | { readonly type: 'DiscardBuild'; readonly build: BuildId }
  /** Something else has removed the records and logs of these builds, as its retention asked. */
  | { readonly type: 'NoteRemoved'; readonly builds: readonly BuildId[] }
  /** Something else wrote these records: of each build its start, and its end if it has one. */
  | { readonly type: 'AdoptBuilds'; readonly records: readonly AdoptedRecord[] };

export interface StartBuild {
  readonly type: 'StartBuild';
  readonly build: BuildId;
  readonly source: Source;
  readonly process: ProcessIdentity;
  readonly actor: Actor;
  readonly revision?: string;
  readonly at: number;
  /** The whole journal was searched: a build with this id has started and was pruned. */
  readonly usedBefore?: boolean;
}

export interface FinishBuild {
  readonly type: 'FinishBuild';
  readonly build: BuildId;
  readonly exitCode: number;
  readonly revision?: string;
  readonly at: number;
}

export interface CancelBuild {
  readonly type: 'CancelBuild';
  readonly build: BuildId;
  readonly actor: Actor;
  readonly signal: string;
  readonly revision?: string;
  readonly at: number;
}

/** A build whose process group is gone, and the evidence of its end. */
export interface EndedBuild {
  readonly build: BuildId;
  readonly evidence: Evidence;
}

/** A record that another program wrote, as the events that it stands for. */
export interface AdoptedRecord {
  readonly started: BuildStarted;
  readonly ended?: BuildFinished | BuildCanceled;
}

/** The build is not on record. */
export class UnknownBuild extends Failure {
  constructor(readonly build: BuildId) {
    super(`No build record found for ${build}`);
  }
}

/** The id was used before: a build starts once. */
export class BuildStartedBefore extends Failure {
  constructor(readonly build: BuildId) {
    super(`Build ${build} has been recorded before`);
  }
}
