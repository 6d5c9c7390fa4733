import fs, { existsSync } from 'node:fs';
import { join } from 'node:path';

import test, { type ExecutionContext } from 'ava';

import type { Call } from '../../../host/call';
import type { Host } from '../../../host/dokku/environment';
import { parseAppName, parseBuildId } from '../../../host/dokku/names';
import { appBuilds } from '../../../host/dokku/paths';
import { openOutput } from '../../../host/terminal/output';
import { UnknownBuild } from '../../../journal/commands';
import { JOURNAL_FILE } from '../../../journal/file/journalFile';
import { findBuild } from '../../../journal/history';
import { loadHistory } from '../../../journal/loadHistory';
import { afterDeploy } from '../../../subscribers/afterDeploy/afterDeploy';
import { recordFinish, recordStart } from '../../../subscribers/recordDeploy';
import { buildsRecordDiscard } from '../../../triggers/buildsRecordDiscard';
import { postAppRenameSetup } from '../../../triggers/postAppRenameSetup';
import { filesOf, recordsOf, refuseWarning } from '../../projections/records/temporaryApp';
import { createApp, temporaryHost } from '../../temporaryHost';

const id = parseBuildId('b1');
const [before, after] = [parseAppName('before'), parseAppName('after')];

function callOf(host: Host, ...args: string[]): Call {
  return { host, output: openOutput(host), args };
}

/** A host with a build of an app that is about to be renamed. */
function deployOf(t: ExecutionContext, pid: number): Host {
  const host = temporaryHost(t);
  recordStart(host, refuseWarning, createApp(host, 'before'), id, pid, 'git-hook');
  createApp(host, 'after');
  return host;
}

/** Has the app renamed right before this process opens the app's journal for the `nth` time. */
function renameBeforeOpening(t: ExecutionContext, host: Host, nth: number): void {
  const journal = join(appBuilds(host, before).directory, JOURNAL_FILE);
  const { openSync } = fs;
  const restore = (): void => void Object.assign(fs, { openSync });
  t.teardown(restore);
  let opened = 0;
  const renaming = (...args: Parameters<typeof openSync>): number => {
    if (args[0] === journal && ++opened === nth) {
      restore();
      postAppRenameSetup(callOf(host, 'before', 'after'));
    }
    return openSync(...args);
  };
  Object.assign(fs, { openSync: renaming });
}

const silent = (): void => undefined;
const DEAD = 2 ** 22 + 1; // more than any pid

for (const [what, status, pid, work] of [
  ['a report', 'succeeded', process.pid, (host: Host) => recordFinish(host, silent, before, id, 0)],
  ['a conclusion', 'failed', DEAD, (host: Host) => afterDeploy(callOf(host, 'before', 'b1', String(DEAD)))],
  ['a sync without changes', undefined, process.pid, (host: Host) => buildsRecordDiscard(callOf(host, 'before', 'b1'))],
] as const)
  for (const nth of [1, 2, 3])
    test.serial(`${what} is recorded under the new name: the app is renamed before opening ${nth}`, (t) => {
      const host = deployOf(t, pid);
      renameBeforeOpening(t, host, nth);
      work(host);
      const renamed = appBuilds(host, after);
      t.is(findBuild(loadHistory(renamed.directory).history, id)?.status, status);
      t.deepEqual(filesOf(renamed), recordsOf(renamed));
      t.false(existsSync(appBuilds(host, before).directory));
    });

test.serial('a build that begins while its app is renamed ends under the new name', (t) => {
  const host = deployOf(t, process.pid);
  const { renameSync } = fs;
  const restore = (): void => void Object.assign(fs, { renameSync });
  t.teardown(restore);
  const starting = (...args: Parameters<typeof renameSync>): void => {
    if (args[0] === appBuilds(host, before).directory) {
      restore();
      recordStart(host, refuseWarning, before, parseBuildId('b2'), process.pid, 'git-hook');
    }
    renameSync(...args);
  };
  Object.assign(fs, { renameSync: starting });
  postAppRenameSetup(callOf(host, 'before', 'after'));
  recordFinish(host, refuseWarning, before, parseBuildId('b2'), 0);
  t.is(findBuild(loadHistory(appBuilds(host, after).directory).history, parseBuildId('b2'))?.status, 'succeeded');
});

test('a build that is on record under no name is unknown', (t) => {
  const host = temporaryHost(t);
  const app = createApp(host, 'shop');
  t.throws(() => recordFinish(host, refuseWarning, app, id, 0), { instanceOf: UnknownBuild });
});
