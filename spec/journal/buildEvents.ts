import { parseBuildId } from '../../host/dokku/names';
import type { BuildCanceled, BuildEvent, BuildFinished, BuildStarted, Pruned, Timestamp } from '../../journal/events';
import type { RunningBuild } from '../../journal/history';

/** Ten to two on a spring day, ms since the epoch: when the specs' time begins. */
export const EPOCH = Date.parse('2026-04-30T13:50:00.000Z');

/** The moment `minutes` after {@link EPOCH}, ms since the epoch. */
export function minute(minutes: number): number {
  return EPOCH + minutes * 60_000;
}

/** The same as a record has it. */
export function minuteText(minutes: number): Timestamp {
  return new Date(minute(minutes)).toISOString();
}

type Fields<E extends BuildEvent> = Partial<Omit<E, 'type' | 'build'>>;

export function started(build: string, fields: Fields<BuildStarted> = {}): BuildStarted {
  return {
    type: 'BuildStarted',
    build: parseBuildId(build),
    kind: 'build',
    source: 'git-hook',
    process: { pid: 4242 },
    startedAt: minuteText(0),
    actor: {},
    ...fields,
  };
}

/** What {@link started} makes. */
export function runningBuild(build: string): RunningBuild {
  return {
    id: parseBuildId(build),
    kind: 'build',
    source: 'git-hook',
    process: { pid: 4242 },
    startedAt: minuteText(0),
    actor: {},
    adopted: false,
    status: 'running',
  };
}

export function finished(build: string, fields: Fields<BuildFinished> = {}): BuildFinished {
  const exitCode = fields.exitCode ?? 0;
  return {
    type: 'BuildFinished',
    build: parseBuildId(build),
    status: exitCode === 0 ? 'succeeded' : 'failed',
    exitCode,
    cause: 'exit',
    finishedAt: minuteText(1),
    ...fields,
  };
}

/** Its process ended without a report, and without an announcement of Dokku's. */
export function reaped(build: string, fields: Fields<BuildFinished> = {}): BuildFinished {
  return finished(build, { exitCode: -1, cause: 'abandoned', ...fields });
}

/** Its process ended without a report, after Dokku had announced the deployment. */
export function deployed(build: string, fields: Fields<BuildFinished> = {}): BuildFinished {
  return finished(build, { exitCode: 0, cause: 'deployed', ...fields });
}

export function canceled(build: string, fields: Fields<BuildCanceled> = {}): BuildCanceled {
  return {
    type: 'BuildCanceled',
    build: parseBuildId(build),
    actor: {},
    signal: 'SIGQUIT',
    finishedAt: minuteText(1),
    ...fields,
  };
}

export function pruned(...builds: string[]): Pruned {
  return { type: 'Pruned', builds: builds.map(parseBuildId), reason: 'retention' };
}

/** The logs of these builds alone. */
export function logsPruned(...logs: string[]): Pruned {
  return { ...pruned(), logs: logs.map(parseBuildId) };
}

export function discarded(build: string): Pruned {
  return { ...pruned(build), reason: 'discarded' };
}
