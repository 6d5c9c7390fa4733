import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import test from 'ava';

import { makeDebianPackage } from '../../../scripts/debian-package';
import { copyPlugin } from '../../../scripts/sandbox/layout';
import { temporaryDirectory } from '../../temporaryHost';

/*
 * The Debian package, installed by the real dpkg of this machine in a root directory of its own: an overlay over this
 * one, in a mount namespace that goes with the spec.
 */

const ROOT = join(__dirname, '..', '..', '..');

/** Sees whether an overlay can be mounted and dpkg be run. */
function missing(): string | undefined {
  if (process.geteuid?.() !== 0) return 'skipped: needs root';
  if (spawnSync('dpkg', ['--version']).status !== 0) return 'skipped: needs dpkg';
  const trial =
    'mount -t tmpfs none /mnt && mkdir /mnt/u /mnt/w /mnt/m && mount -t overlay none -o lowerdir=/,upperdir=/mnt/u,workdir=/mnt/w /mnt/m';
  return spawnSync('unshare', ['--mount', 'sh', '-c', trial]).status === 0
    ? undefined
    : 'skipped: needs overlay mounts';
}

const reason = missing();
const ifItCanRun = reason === undefined ? test : test.skip;

const script = `set -e
mount -t tmpfs none /mnt
mkdir /mnt/u /mnt/w /mnt/m
mount -t overlay none -o lowerdir=/,upperdir=/mnt/u,workdir=/mnt/w /mnt/m
mount --bind /proc /mnt/m/proc
mount --bind /dev /mnt/m/dev
cp -r "$1" /mnt/m/packages
chroot /mnt/m /bin/sh -e /packages/steps
`;

const steps = `export DEBIAN_FRONTEND=noninteractive LC_ALL=C
plugins=/var/lib/dokku/plugins
rm -rf /var/lib/dokku /home/dokku
mkdir -p $plugins/available $plugins/enabled /var/lib/dokku/core-plugins/available/builds /home/dokku/shop
ln -s /var/lib/dokku/core-plugins/available/builds $plugins/available/builds
ln -s ../available/builds $plugins/enabled/builds
cd /packages
dpkg-deb --build dokku dokku.deb >/dev/null
say() { echo "$1: $(readlink $plugins/enabled/builds) $(readlink $plugins/available/dokku-builds)"; }
say before
dpkg -i dokku-builds_*.deb >/dev/null 2>&1 && say 'without dokku' || echo 'without dokku: refused'
dpkg -i dokku.deb >/dev/null
dpkg -i dokku-builds_*.deb >log 2>&1 || { cat log; exit 1; }
say installed
$plugins/enabled/builds/builds-generate-id | grep -Ec '^[0-9a-z]{14}$'
dokku-builds list
ln -sfn ../available/builds $plugins/enabled/builds
dpkg -i dokku.deb >log 2>&1 || { cat log; exit 1; }
say 'dokku upgraded'
dpkg -i dokku-builds_*.deb >log 2>&1 || { cat log; exit 1; }
say upgraded
$plugins/enabled/builds/builds-record-start shop b1 $$ git-hook
$plugins/enabled/builds/builds-record-finalize shop b1 0
dpkg -r dokku-builds >log 2>&1 || { cat log; exit 1; }
say removed
dpkg -P dokku-builds >log 2>&1 || { cat log; exit 1; }
ls /var/lib/dokku/data/builds/shop
ls -A $plugins/enabled $plugins/available
`;

ifItCanRun(
  `dpkg installs it, takes over, survives upgrades, and removes it cleanly${reason ? ` (${reason})` : ''}`,
  (t) => {
    t.timeout(600_000);
    const directory = temporaryDirectory(t);
    const tree = join(directory, 'tree');
    copyPlugin(tree);
    const packages = join(directory, 'packages');
    mkdirSync(join(packages, 'dokku', 'DEBIAN'), { recursive: true });
    mkdirSync(join(packages, 'dokku', 'var/lib/dokku/core-plugins/available/builds'), { recursive: true });
    writeFileSync(join(packages, 'dokku', 'var/lib/dokku/core-plugins/available/builds/commands'), '#!/bin/sh\n', {
      mode: 0o755,
    });
    const control =
      'Package: dokku\nVersion: 0.38.0\nArchitecture: all\nMaintainer: a spec <a@example.org>\nDescription: stand-in\n';
    writeFileSync(join(packages, 'dokku', 'DEBIAN', 'control'), control);
    const architecture = process.arch === 'arm64' ? 'arm64' : 'x64';
    makeDebianPackage({ root: ROOT, version: '9.9.9', architecture, tree, stage: packages, compressed: false });
    writeFileSync(join(packages, 'steps'), steps);
    const { status, stdout, stderr } = spawnSync('unshare', ['--mount', 'sh', '-c', script, 'sh', packages], {
      encoding: 'utf8',
    });
    t.is(status, 0, `${stdout}${stderr}`);
    t.deepEqual(stdout.split('\n'), [
      'before: ../available/builds ',
      'without dokku: refused',
      'installed: ../available/dokku-builds /usr/lib/dokku-builds',
      '1',
      'No builds currently running',
      'dokku upgraded: ../available/dokku-builds /usr/lib/dokku-builds',
      'upgraded: ../available/dokku-builds /usr/lib/dokku-builds',
      'removed: ../available/builds ',
      'b1.json',
      'events.checkpoint',
      'events.journal',
      '/var/lib/dokku/plugins/available:',
      'builds',
      '',
      '/var/lib/dokku/plugins/enabled:',
      'builds',
      '',
    ]);
  },
);
