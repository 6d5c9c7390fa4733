import fs, { existsSync } from 'node:fs';
import { join } from 'node:path';

import test, { type ExecutionContext } from 'ava';

import type { Host } from '../../host/dokku/environment';
import { parseAppName, parseBuildId } from '../../host/dokku/names';
import { appBuilds } from '../../host/dokku/paths';
import { openOutput } from '../../host/terminal/output';
import { UnknownBuild } from '../../journal/commands';
import { JOURNAL_FILE } from '../../journal/file/journalFile';
import { findBuild } from '../../journal/history';
import { loadHistory } from '../../journal/loadHistory';
import { recordFinish, recordStart } from '../../subscribers/recordDeploy';
import { postAppRenameSetup } from '../../triggers/postAppRenameSetup';
import { filesOf, recordsOf, refuseWarning } from '../projections/records/temporaryApp';
import { createApp, temporaryHost } from '../temporaryHost';

const id = parseBuildId('b1');
const [before, after] = [parseAppName('before'), parseAppName('after')];

function deployOf(t: ExecutionContext): Host {
  const host = temporaryHost(t);
  recordStart(host, refuseWarning, createApp(host, 'before'), id, process.pid, 'git-hook');
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
      postAppRenameSetup({ host, output: openOutput(host), args: ['before', 'after'] });
    }
    return openSync(...args);
  };
  Object.assign(fs, { openSync: renaming });
}

for (const nth of [1, 2, 3])
  test.serial(`a report that comes while the app is renamed is recorded under the new name: opening ${nth}`, (t) => {
    const host = deployOf(t);
    renameBeforeOpening(t, host, nth);
    recordFinish(host, () => undefined, before, id, 0);
    const renamed = appBuilds(host, after);
    t.is(findBuild(loadHistory(renamed.directory).history, id)?.status, 'succeeded');
    t.deepEqual(filesOf(renamed), recordsOf(renamed));
    t.false(existsSync(appBuilds(host, before).directory));
  });

test('a build that is on record under no name is unknown', (t) => {
  const host = temporaryHost(t);
  const app = createApp(host, 'shop');
  t.throws(() => recordFinish(host, refuseWarning, app, id, 0), { instanceOf: UnknownBuild });
});
