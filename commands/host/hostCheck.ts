import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';

import { asOwnerOf } from '../../host/system/asOwner';
import { listApps } from '../../host/dokku/apps';
import type { Host } from '../../host/dokku/environment';
import type { AppName } from '../../host/dokku/names';
import { appBuilds } from '../../host/dokku/paths';
import { counted, printable } from '../../host/printable';
import type { Output } from '../../host/terminal/output';
import { JOURNAL_FILE } from '../../journal/file/journalFile';
import { workOn } from '../allApps/overAllApps';
import { verifyWork } from '../verify/verify';

/**
 * Checks that the plugin at `link` answers and that the histories of `apps` are intact, and prints the result. False
 * if it does not answer. A damaged history is only a warning: no installation can repair it.
 */
export function checkHost(host: Host, output: Output, link: string, apps: readonly AppName[]): boolean {
  const answering = answers(link, output);
  if (apps.length > 0) sayIfIntact(host, output, apps);
  return answering;
}

/** The apps that have a history. */
export function appsWithHistory(host: Host): AppName[] {
  return listApps(host).filter((app) => existsSync(join(appBuilds(host, app).directory, JOURNAL_FILE)));
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

function sayIfIntact(host: Host, output: Output, apps: readonly AppName[]): void {
  const { broken, warnings } = brokenHistories(host, apps);
  for (const warning of warnings) output.warn(warning);
  const all = counted(apps.length, 'app');
  if (broken.length === 0) output.step(`Verified the histories of ${all}: intact`);
  else output.warn(`The history of ${broken.length} of ${all} is not as it was written: see builds:verify`);
}

/** The apps among `apps` whose history does not verify, and the warnings about them. Reads their journals. */
export function brokenHistories(
  host: Host,
  apps: readonly AppName[],
): { readonly broken: AppName[]; readonly warnings: string[] } {
  const worked = asOwnerOf(host.dokkuRoot, () => apps.map((app) => ({ app, ...workOn(host, verifyWork, app, {}) })));
  return {
    broken: worked.filter(({ failed }) => failed).map(({ app }) => app),
    warnings: worked.flatMap(({ warnings }) => warnings),
  };
}
