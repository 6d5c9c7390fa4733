import { lstatSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import test from 'ava';

import { pruneWork } from '../../../commands/prune';
import { formatTimestamp } from '../../../host/durations';
import { appBuilds } from '../../../host/dokku/paths';
import { loadHistory } from '../../../journal/loadHistory';
import { createApp, temporaryHost } from '../../temporaryHost';
import { started } from '../../journal/buildEvents';
import { append, appIn } from './temporaryApp';

const PID = 4242;

test.serial('a build that writes to its log when the prune has begun, and then dies, has ended at that time', (t) => {
  const host = temporaryHost(t);
  const builds = appBuilds(host, createApp(host, 'myapp'));
  appIn(builds.buildsRoot, builds.app);
  append(builds, started('b1', { process: { pid: PID } }));
  const log = join(builds.directory, 'b1.log');
  const lastWords = (): number => {
    const asked = Date.now();
    do writeFileSync(log, 'last words\n');
    while (lstatSync(log).mtimeMs <= asked); // files are dated by a coarser clock
    return lstatSync(log).mtimeMs;
  };
  let written: number | undefined;
  const kill = process.kill.bind(process);
  t.teardown(() => (process.kill = kill));
  process.kill = (pid, signal) => {
    if (pid !== PID || signal !== 0) throw new Error(`kill ${pid} ${signal ?? ''}`);
    written ??= lastWords();
    throw Object.assign(new Error('kill ESRCH'), { code: 'ESRCH' });
  };
  t.is(pruneWork(host, builds.app).line, 'Pruned myapp: 1 found dead, 0 removed, 1 kept');
  const [build] = loadHistory(builds.directory).history.builds;
  t.like(build, { status: 'failed', cause: 'abandoned', finishedAt: formatTimestamp(written ?? 0) });
});
