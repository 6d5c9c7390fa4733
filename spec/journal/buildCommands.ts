import { parseBuildId } from '../../host/dokku/names';
import type { Retention } from '../../host/dokku/retention';
import type { AdoptedRecord, BuildCommand } from '../../journal/commands';
import type { Evidence } from '../../journal/conclusion';
import type { BuildCanceled, BuildFinished, BuildStarted } from '../../journal/events';
import { minute } from './buildEvents';

type Command<T extends BuildCommand['type']> = Extract<BuildCommand, { type: T }>;
type Fields<T extends BuildCommand['type']> = Partial<Omit<Command<T>, 'type' | 'build'>>;

export function start(build: string, fields: Fields<'StartBuild'> = {}): BuildCommand {
  const process = { pid: 4242 };
  return {
    type: 'StartBuild',
    build: parseBuildId(build),
    source: 'git-hook',
    process,
    actor: {},
    at: minute(0),
    ...fields,
  };
}

export function finish(build: string, fields: Fields<'FinishBuild'> = {}): BuildCommand {
  return { type: 'FinishBuild', build: parseBuildId(build), exitCode: 0, at: minute(1), ...fields };
}

export function cancel(build: string, fields: Fields<'CancelBuild'> = {}): BuildCommand {
  return { type: 'CancelBuild', build: parseBuildId(build), actor: {}, signal: 'SIGQUIT', at: minute(1), ...fields };
}

/** What the host shows of a build that has left no trace: its last sign of life is a minute after {@link EPOCH}. */
export const noTrace: Evidence = { deployed: false, holdsLock: false, logShowsFailure: false, lastSign: minute(1) };

/**
 * The processes of these builds have ended without a report. Of each build: what the host shows, besides
 * {@link noTrace}.
 */
export function conclude(ended: Readonly<Record<string, Partial<Evidence>>>): BuildCommand {
  return {
    type: 'ConcludeBuilds',
    ended: Object.entries(ended).map(([build, evidence]) => ({
      build: parseBuildId(build),
      evidence: { ...noTrace, ...evidence },
    })),
  };
}

/** Ten minutes after {@link EPOCH}. */
export function prune(retention: number | Retention, at = minute(10)): BuildCommand {
  const limits = typeof retention === 'number' ? { builds: retention } : retention;
  return { type: 'PruneBuilds', retention: limits, at };
}

/** Something else has removed the files of these builds. */
export function noteRemoved(...builds: string[]): BuildCommand {
  return { type: 'NoteRemoved', builds: builds.map(parseBuildId) };
}

export function discard(build: string): BuildCommand {
  return { type: 'DiscardBuild', build: parseBuildId(build) };
}

/** Something else has recorded that a build has begun, and how it has ended. */
export function adopt(begun: BuildStarted, ended?: BuildFinished | BuildCanceled): BuildCommand {
  return adoptAll({ started: begun, ...(ended && { ended }) });
}

/** The same of many builds. */
export function adoptAll(...records: AdoptedRecord[]): BuildCommand {
  return { type: 'AdoptBuilds', records };
}
