import { createHash } from 'node:crypto';

import { readHost } from '../../host/dokku/environment';
import { parseAppName, parseBuildId } from '../../host/dokku/names';
import { appBuilds } from '../../host/dokku/paths';
import { identifyProcess, type ProcessIdentity } from '../../host/system/processes';
import { thisSystem } from '../../host/system/system';
import type { Source } from '../../journal/events';
import { handleCommands } from '../../journal/handleCommands';
import { loadHistory } from '../../journal/loadHistory';
import { updateFiles } from '../../projections/records/updateFiles';
import { numbers } from '../../spec/projections/page/demoPage';
import type { Sandbox } from '../sandbox/host';

const DAY = 86_400_000;
const GONE: ProcessIdentity = { pid: 4242, startTicks: 0, bootId: '00000000-0000-0000-0000-000000000000' };
const PEOPLE = ['ann-laptop', 'ben', 'deploy-bot'];

/** A deploy of the demonstration: how many days ago it began. Of one that runs `exitCode` is undefined. */
export interface DemoDeploy {
  readonly days: number;
  readonly exitCode: number | undefined;
  readonly source?: Source;
  readonly log: string;
}

/** Records `deploys` of an app, oldest first, as if they had happened then. */
export function recordDeploys(host: Sandbox, name: string, deploys: readonly DemoDeploy[], running: number): void {
  const app = parseAppName(name);
  const builds = appBuilds(readHost(host.env), app);
  const random = numbers(name.length * 7919 + name.charCodeAt(0));
  for (const [n, { days, exitCode, source = 'git-hook', log }] of deploys.entries()) {
    const at = Math.round(Date.now() - days * DAY);
    const build = parseBuildId(
      `m${at.toString(36)}${Math.floor(random() * 36 ** 5)
        .toString(36)
        .padStart(5, '0')}`,
    );
    const actor = {
      user: 'dokku',
      key: PEOPLE[Math.floor(random() * PEOPLE.length)] ?? 'ben',
      command: 'git-receive-pack',
    };
    const revision = createHash('sha1').update(`${name}${n}`).digest('hex');
    const process = exitCode === undefined ? identifyProcess(running) : GONE;
    host.write(host.file(name, `${build}.log`), log);
    handle({ type: 'StartBuild', build, source, process, actor, revision, at }, at);
    if (exitCode === undefined) continue;
    const end = at + 20_000 + Math.round(random() * 120_000);
    if (exitCode < 0) handle({ type: 'CancelBuild', build, actor, signal: 'SIGQUIT', at: end }, end);
    else handle({ type: 'FinishBuild', build, exitCode, at: end }, end);
  }

  function handle(command: Parameters<typeof handleCommands>[2][number], at: number): void {
    const system = { ...thisSystem, now: () => at };
    const { loaded } = handleCommands(builds.directory, loadHistory(builds.directory), [command], system);
    updateFiles(builds, loaded, 'all', system, () => undefined);
  }
}
