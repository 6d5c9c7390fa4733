import { spawnSync } from 'node:child_process';
import { chmodSync } from 'node:fs';
import { join } from 'node:path';

import type { Sandbox } from '../../../scripts/sandbox/host';

/* Small programs that stand for those that a page names, if those would change this machine. */

/** Makes `name` a program of `host` that is `text`. Gives the path of a file that the program may write. */
export function standIn(host: Sandbox, name: string, text: string): string {
  const path = join(host.paths.bin, name);
  host.write(path, `#!/bin/sh\nset -e\n${text}\n`);
  chmodSync(path, 0o755);
  return `${path}.log`;
}

export const standIns = {
  sudo: '[ "$1" != -u ] || shift 2\nexec "$@"',
  /** Notes what was asked for. Enables only a unit that is there. */
  systemctl: '[ "$1" != enable ] || test -f "${0%/bin/*}/etc/systemd/system/$3"\necho "$*" >>"$0.log"',
  /** `openssl passwd -6` asks twice for a password. Everything else is left to openssl. */
  openssl: 'PATH=${PATH#*:}\nif [ "$1" = passwd ]; then exec openssl "$@" secret; else exec openssl "$@"; fi',
  /** `ssh dokku@host COMMAND`: what Dokku makes of it. */
  ssh: 'shift\nexec dokku "$@"',
  nothing: '',
} as const;

/** Whether this machine has the program `name`. */
export function installed(name: string, ...args: string[]): boolean {
  return spawnSync(name, args, { stdio: 'ignore' }).status === 0;
}
