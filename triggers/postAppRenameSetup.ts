import { existsSync, renameSync, rmSync } from 'node:fs';

import type { Call } from '../host/call';
import { appBuilds, buildsRoot, propertiesDirectory } from '../host/paths';
import { catchUp } from '../projections/catchUp';
import { addRunning, forgetRunning } from '../projections/runningView';
import { settle } from '../projections/settle';
import { appArgument } from './arguments';

/**
 * `post-app-rename-setup <old> <new>`: moves data and properties, each in one step, then puts the new name into the records.
 * Killed anywhere and run again it goes on where it was; until then nothing is in two places, or in none.
 */
export function postAppRenameSetup({ host, output, args }: Call): undefined {
  const from = appBuilds(host, appArgument(args[0]));
  const to = appBuilds(host, appArgument(args[1]));
  if (from.app === to.app) return;
  move(propertiesDirectory(host, from.app), propertiesDirectory(host, to.app));
  move(from.directory, to.directory);
  const loaded = catchUp(to, Date.now(), output.warn);
  for (const build of loaded.history.builds) {
    if (build.status === 'running') addRunning(to.buildsRoot, { app: to.app, build: build.id });
  }
  forgetRunning(buildsRoot(host), from.app);
  if (loaded.head.seq > 0) settle(to, { loaded, added: [] }, output.warn);
}

/** What stands at `to` belongs to no app: the name was free until now. */
function move(from: string, to: string): void {
  if (!existsSync(from)) return;
  rmSync(to, { recursive: true, force: true });
  renameSync(from, to);
}
