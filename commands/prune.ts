import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { parseArguments } from '../host/arguments';
import type { Call } from '../host/call';
import { appExists, requireApp } from '../host/dokku/apps';
import type { Host } from '../host/dokku/environment';
import { type AppName, asAppName } from '../host/dokku/names';
import { buildsRoot } from '../host/dokku/paths';
import { printable } from '../host/failure';
import { listDirectory } from '../host/system/files';
import type { Output } from '../host/terminal/output';
import { JOURNAL_FILE } from '../journal/file/journalFile';
import { changeHistory } from '../subscribers/changeHistory';
import { contextOf, tidy } from '../subscribers/recordDeploy';
import { overAllApps, tellWorked, type Worked } from './allApps/overAllApps';
import { refuseSurplus, refuseWithoutAllApps, takeAppOrAll } from './shared/positionals';

/** `builds:prune <app>|--all-apps [--parallel N]` */
export async function prune({ host, output, args }: Call): Promise<number> {
  const { positionals, values, switches } = parseArguments(args, { 'all-apps': 'switch', parallel: 'value' });
  const all = switches.has('all-apps');
  const named = takeAppOrAll(host, positionals, all);
  refuseSurplus(named.others, 0);
  if (!all) {
    refuseWithoutAllApps('parallel', values['parallel']);
    tellWorked(output, pruneWork(host, requireApp(host, named.app)), {});
    return 0;
  }
  const job = { name: 'builds:prune', work: pruneWork, flags: {} };
  const exitCode = await overAllApps(host, output, job, values['parallel']);
  removeDataOfNoApp(host, output);
  return exitCode;
}

/** Concludes dead builds of one app, and applies its retention. */
export function pruneWork(host: Host, app: AppName): Worked {
  const warnings: string[] = [];
  const context = contextOf(host, app, (message) => warnings.push(message));
  const { added, loaded } = changeHistory(context, 'all', (history) => tidy(context, history));
  const ends = added.filter(({ event }) => event.type === 'BuildFinished' || event.type === 'BuildCanceled').length;
  const removed = added.reduce((sum, { event }) => sum + (event.type === 'Pruned' ? event.builds.length : 0), 0);
  const kept = loaded.history.order.length;
  return { line: `Pruned ${app}: ${ends} found dead, ${removed} removed, ${kept} kept`, warnings, failed: false };
}

/**
 * Removes what the host has made for an "app" that is none: `ps:restart --all`, or a command on an app that does not exist, leaves a
 * directory with a log. A directory with a history is left, and named.
 */
function removeDataOfNoApp(host: Host, output: Output): void {
  const root = buildsRoot(host);
  for (const name of listDirectory(root)) {
    const app = asAppName(name);
    if (name.startsWith('.') || (app !== undefined && appExists(host, app))) continue;
    const directory = join(root, name);
    const shown = printable(directory);
    if (existsSync(join(directory, JOURNAL_FILE))) {
      output.warn(`${shown} holds the history of an app that does not exist; it is left`);
    } else if (listDirectory(directory).every((file) => /\.(log|json)$/.test(file))) {
      rmSync(directory, { recursive: true, force: true });
      output.step(`Removed ${shown}: there is no such app`);
    }
  }
}
