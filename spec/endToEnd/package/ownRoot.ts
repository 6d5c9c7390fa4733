import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { enable, layOut, pathsOf } from '../../../scripts/sandbox/layout';
import { revision, script } from '../../../scripts/sandbox/repository';

/*
 * The real dpkg of this machine in a root directory of its own: an overlay over this one, in a mount namespace. The
 * scripts in this directory run there; own-root.sh has what they share.
 */

/** Why that cannot be here; undefined if it can. */
export function cannotHaveOwnRoot(): string | undefined {
  if (process.geteuid?.() !== 0) return 'skipped: needs root';
  if (spawnSync('dpkg', ['--version']).status !== 0) return 'skipped: needs dpkg';
  const trial =
    'mount -t tmpfs none /mnt && mkdir /mnt/u /mnt/w /mnt/m && mount -t overlay none -o lowerdir=/,upperdir=/mnt/u,workdir=/mnt/w /mnt/m';
  return spawnSync('unshare', ['--mount', 'sh', '-c', trial]).status === 0
    ? undefined
    : 'skipped: needs overlay mounts';
}

/** Lays out in the directory `home` what own-root.sh makes a host of, and a package dokku: home/dokku.deb. */
export function layOutHome(home: string): void {
  const paths = pathsOf(join(home, 'host'));
  layOut(paths);
  enable(paths, 'stock');
  writeFileSync(join(home, 'revision'), revision({ build: script('echo compiled') }, 'main'));
  packDokku(home, join(paths.corePlugins, 'available/builds'));
}

/** A package dokku that holds no more than the stock plugin. */
function packDokku(home: string, stockPlugin: string): void {
  const content = join(home, 'dokku');
  cpSync(stockPlugin, join(content, 'var/lib/dokku/core-plugins/available/builds'), { recursive: true });
  mkdirSync(join(content, 'DEBIAN'));
  const control =
    'Package: dokku\nVersion: 0.38.0\nArchitecture: all\nMaintainer: a spec <a@example.org>\nDescription: stand-in\n';
  writeFileSync(join(content, 'DEBIAN/control'), control);
  execFileSync('dpkg-deb', ['--build', content, join(home, 'dokku.deb')], { stdio: 'ignore' });
}

/**
 * Runs a script of this directory in a root directory in which /root is `home`; returns what it prints.
 * Throws if it fails.
 */
export function runInOwnRoot(home: string, scriptName: string, args: readonly string[]): string {
  const enter = `set -e
    mount -t tmpfs none /mnt
    mkdir /mnt/u /mnt/w /mnt/m
    mount -t overlay none -o lowerdir=/,upperdir=/mnt/u,workdir=/mnt/w /mnt/m
    mount --bind /proc /mnt/m/proc
    mount --bind /dev /mnt/m/dev
    mount --bind "$1" /mnt/m/root
    mount -t tmpfs none /mnt/m/tmp
    shift
    cd /
    exec chroot /mnt/m /bin/bash "/root/$@"`;
  for (const name of ['own-root.sh', scriptName]) cpSync(join(__dirname, name), join(home, name));
  const all = ['--mount', 'sh', '-c', enter, 'sh', home, scriptName, ...args];
  const { status, stdout, stderr } = spawnSync('unshare', all, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${stdout}${stderr} (${String(status)})`);
  return `${stdout}${stderr}`;
}
