import fs from 'node:fs';
import { join } from 'node:path';

import { readHost } from '../../../host/dokku/environment';
import { type BuildId, parseAppName, parseBuildId } from '../../../host/dokku/names';
import { appBuilds } from '../../../host/dokku/paths';
import { BuildStartedBefore } from '../../../journal/commands';
import { JOURNAL_FILE } from '../../../journal/file/journalFile';
import { changeHistory } from '../../../subscribers/changeHistory';
import { contextOf, recordFinish, recordStart } from '../../../subscribers/recordDeploy';
import type { Told } from './told';

/*
 * One of some processes that append to one journal at the same moment, for sure. Called with what to do (`start`,
 * `finish`, `cancel`), a build, the pid of a process that lives as long as the race, and the app. It stops right
 * before its first write to the journal, when it has decided and has seen that nobody was before it, says so, and goes
 * on when its stdin ends: then all the others have come to the same place. It prints one line of JSON (`Told`) for
 * what it was told.
 */

const [op = '', id = '', live = '', name = ''] = process.argv.slice(2);
const app = parseAppName(name);
const build = parseBuildId(id);
const host = readHost(process.env);
const builds = appBuilds(host, app);

holdFirstAppend();
tell(act(op, build));

function act(what: string, target: BuildId): Told {
  if (what === 'start') return start(target);
  if (what === 'cancel') return cancel(target);
  recordFinish(host, warn, app, target, 1);
  return { op: 'finished', app, build: target };
}

function start(target: BuildId): Told {
  fs.writeFileSync(join(builds.directory, `${target}.log`), ''); // as a host does before it calls the trigger
  try {
    recordStart(host, warn, app, target, Number(live), 'git-hook');
    return { op: 'started', app, build: target };
  } catch (error) {
    if (!(error instanceof BuildStartedBefore)) throw error;
    return { op: 'refused', what: 'start', app, build: target, why: 'started before' };
  }
}

function cancel(target: BuildId): Told {
  const command = {
    type: 'CancelBuild',
    build: target,
    signal: 'SIGQUIT',
    actor: { user: 'racer' },
    at: Date.now(),
  } as const;
  const { added } = changeHistory(contextOf(host, app, warn), 'all', () => [command]);
  return { op: 'added', what: 'cancel', app, build: target, added };
}

function holdFirstAppend(): void {
  const { writeSync } = fs;
  const held = (...args: Parameters<typeof writeSync>): number => {
    if (fs.readlinkSync(`/proc/self/fd/${args[0]}`).endsWith(`/${JOURNAL_FILE}`)) {
      Object.assign(fs, { writeSync });
      writeSync(1, 'ready\n');
      fs.readSync(0, Buffer.alloc(1)); // returns when the pipe is closed
    }
    return writeSync(...args);
  };
  Object.assign(fs, { writeSync: held });
}

function warn(message: string): void {
  tell({ op: 'warned', app, message });
}

function tell(told: Told): void {
  fs.writeSync(1, `${JSON.stringify(told)}\n`);
}
