import { rmSync } from 'node:fs';

import type { Call } from '../host/call';
import { buildsDirectory, buildsRoot, propertiesDirectory } from '../host/paths';
import { forgetRunning } from '../projections/runningView';
import { appArgument } from './arguments';

/** `post-delete <app>`: the app is destroyed, and its builds and properties with it. May be run any number of times. */
export function postDelete({ host, args }: Call): undefined {
  const app = appArgument(args[0]);
  rmSync(buildsDirectory(host, app), { recursive: true, force: true });
  rmSync(propertiesDirectory(host, app), { recursive: true, force: true });
  forgetRunning(buildsRoot(host), app);
}
