import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { tarball } from '../../../scripts/tarball';
import { builtPlugin } from '../../../scripts/sandbox/layout';
import { expectSuccess, type Sandbox, type User } from '../../../scripts/sandbox/host';

/** Who unpacks and installs on a host: root where the specs run as root, whoever the host's user is. */
export const administrator: User | undefined = process.geteuid?.() === 0 ? { uid: 0, gid: 0 } : undefined;

/** Whom a host belongs to: someone else than its administrator, where that can be. */
export const dokkuUser: User | undefined = administrator && { uid: 65534, gid: 65534 };

/** Unpacks the package on `host`, as its administrator does; gives the path of the program in it. */
export async function unpackPackage(host: Sandbox, name = 'dokku-builds-unpacked'): Promise<string> {
  const archive = join(host.paths.tmp, `${name}.tar.gz`);
  writeFileSync(archive, tarball(builtPlugin, name));
  expectSuccess(
    await host.run(['tar', '-xzf', archive, '-C', host.paths.tmp], administrator && { user: administrator }),
  );
  return join(host.paths.tmp, name, 'bin', 'dokku-builds');
}
