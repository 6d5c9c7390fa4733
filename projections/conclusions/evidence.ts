import { lstatSync } from 'node:fs';

import { parseTimestamp } from '../../host/durations';
import type { Host } from '../../host/dokku/environment';
import { readDeployLock } from '../../host/dokku/locks';
import type { BuildId } from '../../host/dokku/names';
import type { AppBuilds } from '../../host/dokku/paths';
import type { System } from '../../host/system/system';
import { readTail } from '../../host/files/tail';
import type { BuildCommand } from '../../journal/commands';
import type { Evidence } from '../../journal/conclusion';
import { type History, type RunningBuild, runningBuilds } from '../../journal/history';
import { readNotes } from './notes';

/** The command that concludes every running build of the app whose process group is gone. */
export function concludeEnded(host: Host, builds: AppBuilds, history: History, system: System): BuildCommand {
  const ended = runningBuilds(history).filter((build) => !system.isGroupAlive(build.process));
  return concludeBuilds(host, builds, ended, system);
}

/** The command that concludes these builds, whose process groups are gone. */
export function concludeBuilds(
  host: Host,
  builds: AppBuilds,
  ended: readonly RunningBuild[],
  system: System,
): BuildCommand {
  const now = system.now(); // until now they may have written to their logs
  const lock = ended.length === 0 ? undefined : readDeployLock(host, builds.app);
  const lockedBy = lock?.state === 'held' ? lock.id : undefined;
  return {
    type: 'ConcludeBuilds',
    ended: ended.map((build) => ({ build: build.id, evidence: evidenceOf(builds.directory, build, lockedBy, now) })),
  };
}

function evidenceOf(directory: string, build: RunningBuild, lockedBy: BuildId | undefined, now: number): Evidence {
  const log = `${directory}/${build.id}.log`;
  const holdsLock = lockedBy === build.id;
  const { deployed, cancel, revision } = readNotes(directory, build.id);
  return {
    deployed,
    ...(cancel && { cancel }),
    ...(revision && { revision }),
    holdsLock,
    // Only a sync can end without a trace; the log of any other build need not be read.
    logShowsFailure: build.source === 'git:sync' && !holdsLock && logShowsFailure(log),
    lastSign: lastSign(log, build, now),
  };
}

/**
 * When the build gave its last sign of life: the last write to its log, if that lies between its start and `now`; else
 * its start.
 */
function lastSign(log: string, build: RunningBuild, now: number): number {
  const start = parseTimestamp(build.startedAt) ?? now;
  const changed = Math.floor(lstatSync(log, { throwIfNoEntry: false })?.mtimeMs ?? start);
  return changed >= start && changed <= now ? changed : start;
}

/** A sync that finds nothing to build writes a few lines. */
const LOG_BYTES = 256 * 1024;

const FAILURE = /^(?: ! {5}|fatal:|error:)/m;

// eslint-disable-next-line no-control-regex -- colours may stand before a message
const ESCAPE = /\u001b\[[0-9;]*[A-Za-z]/g;

/** Whether a line of the log reports a failure, or the log is longer than that of a sync that did nothing. */
function logShowsFailure(path: string): boolean {
  let size: number;
  let text: string;
  try {
    ({ text, size } = readTail(path, LOG_BYTES) ?? { text: '', size: 0 });
  } catch {
    return false;
  }
  return size > LOG_BYTES || FAILURE.test(text.replace(ESCAPE, ''));
}
