import { join } from 'node:path';

import { EXECUTABLE } from '../../../host/plugin/pluginTree';
import { copyPlugin } from '../../../scripts/sandbox/layout';
import type { Sandbox, User } from '../../../scripts/sandbox/host';

/** Who unpacks and installs on a host: root where the specs run as root, whoever the host's user is. */
export const administrator: User | undefined = process.geteuid?.() === 0 ? { uid: 0, gid: 0 } : undefined;

/** Whom a host belongs to: someone else than its administrator, where that can be. */
export const dokkuUser: User | undefined = administrator && { uid: 65534, gid: 65534 };

/**
 * Puts the package's tree on `host`, as it is when its administrator has unpacked it; gives the path of the program in
 * it.
 */
export function unpackPackage(host: Sandbox, name = 'dokku-builds-unpacked'): string {
  const directory = join(host.paths.tmp, name);
  copyPlugin(directory);
  return join(directory, EXECUTABLE);
}
