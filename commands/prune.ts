import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { appExists } from '../host/dokku/apps';
import type { Host } from '../host/dokku/environment';
import { type AppName, asAppName } from '../host/dokku/names';
import { buildsRoot } from '../host/dokku/paths';
import { printable } from '../host/failure';
import { listDirectory } from '../host/files/files';
import type { Output } from '../host/terminal/output';
import { JOURNAL_FILE } from '../journal/file/journalFile';
import { changeHistory } from '../subscribers/changeHistory';
import { contextOf, tidy } from '../subscribers/recordDeploy';
import { overApps, parallel, type Worked } from './allApps/overAllApps';
import { defineCommand } from './definition/command';
import { readingApp } from './shared/readingApp';
import { appOr, aSwitch } from './definition/flags';

export const prune = defineCommand({
  description: 'Record the end of dead builds and remove builds beyond the retention',
  args: { app: appOr('all-apps') },
  flags: { allApps: aSwitch('every app that you may see'), parallel },
  example: '--all-apps --parallel -1',
  stock: true,
  async run(call) {
    const exitCode = await overApps(call, { name: 'builds:prune', work: pruneWork, flags: {} });
    if (call.flags.allApps) removeDataOfNoApp(call.host, call.output);
    return exitCode;
  },
});

/** Concludes dead builds of one app, and applies its retention. */
export function pruneWork(host: Host, app: AppName): Worked {
  const warnings: string[] = [];
  const context = { ...contextOf(host, app, (message) => warnings.push(message)), builds: readingApp(host, app) };
  const { added, loaded } = changeHistory(context, 'all', (history) => tidy(context, history));
  const ends = added.filter(({ event }) => event.type === 'BuildFinished' || event.type === 'BuildCanceled').length;
  const removed = added.reduce((sum, { event }) => sum + (event.type === 'Pruned' ? event.builds.length : 0), 0);
  const logs = added.reduce((sum, { event }) => sum + (event.type === 'Pruned' ? (event.logs ?? []).length : 0), 0);
  const alone = logs === 0 ? '' : `, ${logs} older logs removed`;
  const kept = loaded.history.order.length;
  return {
    line: `Pruned ${app}: ${ends} found dead, ${removed} removed, ${kept} kept${alone}`,
    warnings,
    failed: false,
  };
}

/**
 * Removes data of apps that do not exist: `ps:restart --all`, or a command on a mistyped app, makes a directory with a
 * log. A directory with a history is kept, and a warning names it.
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
