import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

import type { Call } from '../host/call';
import { HOW_TO_GET_NODE, isNewEnough, NEEDED_NODE } from '../host/neededNode';

/**
 * `dependencies`, as root, before `install`: what the plugin needs of the host. Exit status 1 without it. A Node.js that is too old
 * to run even this is told by host/oldNode.ts, one that is missing by the launcher.
 */
export function dependencies({ output }: Call): number {
  const { node } = process.versions;
  if (!isNewEnough(node)) {
    output.warn(`dokku-builds needs Node.js ${NEEDED_NODE.join('.')} or later, and node is ${node}`);
    for (const line of HOW_TO_GET_NODE) output.warn(line);
    return 1;
  }
  output.step(`Node.js ${node} at ${process.execPath}`);
  if (!isOnPath('flock'))
    output.warn('flock(1) is missing, builds:capture needs it: sudo apt-get install -y util-linux');
  return 0;
}

function isOnPath(program: string): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some((directory) => {
    try {
      accessSync(join(directory, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
