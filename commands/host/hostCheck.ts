import { spawnSync } from 'node:child_process';
import { basename, join } from 'node:path';

import { asOwnerOf } from '../../host/system/asOwner';
import { listApps } from '../../host/dokku/apps';
import type { Host } from '../../host/dokku/environment';
import type { AppName } from '../../host/dokku/names';
import { printable } from '../../host/failure';
import type { Output } from '../../host/terminal/output';
import { workOn } from '../allApps/overAllApps';
import { verifyWork } from '../verify/verify';

/**
 * Looks whether what was installed at `link` answers, and whether all histories are intact; says so. False when
 * something is not.
 */
export function checkHost(host: Host, output: Output, link: string): boolean {
  const answering = answers(link, output);
  const intact = histories(host, output);
  return answering && intact;
}

const LIMIT_MS = 30_000;

function answers(link: string, output: Output): boolean {
  const name = basename(link);
  const { status, stdout, stderr, error } = spawnSync(join(link, 'commands'), [`${name}:help`], {
    encoding: 'utf8',
    timeout: LIMIT_MS,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  if (status === 0 && stdout.startsWith('Usage: ')) {
    output.step(`It answers dokku ${name}`);
    return true;
  }
  output.warn(`dokku ${name} is not answered: ${printable(error?.message ?? stderr.trim())}`);
  return false;
}

function histories(host: Host, output: Output): boolean {
  const { apps, warnings, of } = brokenHistories(host);
  for (const warning of warnings) output.warn(warning);
  const counted = `${of} ${of === 1 ? 'app' : 'apps'}`;
  if (apps.length === 0) output.step(`Verified the histories of ${counted}: intact`);
  else output.warn(`${apps.length} of ${counted} have a history that is not as it was written: see docs/operations.md`);
  return apps.length === 0;
}

/** The apps whose history does not verify, among how many, and what is wrong. Reads every journal. */
export function brokenHistories(host: Host): { apps: AppName[]; warnings: string[]; of: number } {
  const apps = listApps(host);
  const worked = asOwnerOf(host.dokkuRoot, () => apps.map((app) => ({ app, ...workOn(host, verifyWork, app, {}) })));
  return {
    apps: worked.filter(({ failed }) => failed).map(({ app }) => app),
    warnings: worked.flatMap(({ warnings }) => warnings),
    of: apps.length,
  };
}
