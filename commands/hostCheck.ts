import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { basename, join } from 'node:path';

import { asOwnerOf } from '../host/asOwner';
import { listApps } from '../host/apps';
import type { Host } from '../host/environment';
import { printable } from '../host/failure';
import type { Output } from '../host/output';
import { workOn } from './overAllApps';
import { verifyWork } from './verify';

/** Looks whether what was installed at `link` answers, and whether all histories are intact; says so. False when something is not. */
export function checkHost(host: Host, output: Output, link: string): boolean {
  warnIfNodeIsElsewhere(output);
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
  const apps = listApps(host);
  const worked = asOwnerOf(host.dokkuRoot, () => apps.map((app) => workOn(host, verifyWork, app, {})));
  for (const { warnings } of worked) for (const warning of warnings) output.warn(warning);
  const failed = worked.filter((one) => one.failed).length;
  const counted = `${apps.length} ${apps.length === 1 ? 'app' : 'apps'}`;
  if (failed === 0) output.step(`Verified the histories of ${counted}: intact`);
  else output.warn(`${failed} of ${counted} have a history that is not as it was written: see docs/operations.md`);
  return failed === 0;
}

/** Where `sudo`, `sshd` and cron look for programs. */
const SYSTEM_PATH = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];

function warnIfNodeIsElsewhere(output: Output): void {
  if (SYSTEM_PATH.some((directory) => isExecutable(join(directory, 'node')))) return;
  const link = `ln -s ${process.execPath} /usr/local/bin/node`;
  output.warn(`node is at ${process.execPath}, where Dokku's own sessions may not find it: ${link}`);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
