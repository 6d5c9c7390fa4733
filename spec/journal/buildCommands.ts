import { parseBuildId } from '../../host/dokku/names';
import type { BuildCommand } from '../../journal/decide';
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

/** These builds were found dead; each gave its last sign of life at that time, ms since the epoch. */
export function reapBuilds(dead: Readonly<Record<string, number>>): BuildCommand {
  return {
    type: 'ReapBuilds',
    dead: Object.entries(dead).map(([build, lastSign]) => ({ build: parseBuildId(build), lastSign })),
  };
}

export function prune(retention: number): BuildCommand {
  return { type: 'PruneBuilds', retention };
}

/** Something else has removed the files of these. */
export function noteRemoved(...builds: string[]): BuildCommand {
  return { type: 'NoteRemoved', builds: builds.map(parseBuildId) };
}

export function discard(build: string): BuildCommand {
  return { type: 'DiscardBuild', build: parseBuildId(build) };
}

export function adopt(begun: BuildStarted, ended?: BuildFinished | BuildCanceled): BuildCommand {
  return { type: 'AdoptBuild', started: begun, ...(ended && { ended }) };
}
