import { execFileSync, spawnSync } from 'node:child_process';
import {
  cpSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import test from 'ava';

import { makeDebianPackage } from '../../../scripts/debian-package';
import { directoriesOf, filesOf } from '../../../scripts/replace-tree';
import { builtPlugin, enable, layOut, pathsOf } from '../../../scripts/sandbox/layout';
import { removeDirectory } from '../../../scripts/sandbox/removal';
import { revision, script } from '../../../scripts/sandbox/repository';
import { writeTarball } from '../../../scripts/tarball';
import { copyOfSource, ROOT } from './copyOfSource';

/*
 * From an empty directory to a host on which each package was installed, updated, disabled and removed, and who
 * answers after each step. docs/install-transcript.txt has what is typed and printed; UPDATE_TRANSCRIPT=1 writes that
 * file. The real dpkg of this machine runs in a root directory of its own: an overlay over this one, in a mount
 * namespace.
 */

const TRANSCRIPT = join(ROOT, 'docs/install-transcript.txt');

/** Why it cannot run here. */
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

const architecture = process.arch === 'arm64' ? 'arm64' : 'x64';
const debian = architecture === 'arm64' ? 'arm64' : 'amd64';
const version = (JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string }).version;
const ARCHIVE = `dokku-builds-${version}-linux-${architecture}.tar.gz`;
/** The one directory in it. */
const TREE = `dokku-builds-${version}`;
const NEWER = '9.9.9';

let directory: string;
/** What making the packages printed. */
let made: string;

test.before(() => {
  directory = mkdtempSync(join(tmpdir(), 'dokku-builds-'));
  made = makePackages(copyOfSource(join(directory, 'another place')));
  execFileSync('tar', ['-xzf', join(directory, 'another place/dist', ARCHIVE), '-C', directory]);
});

test.after.always(() => {
  removeDirectory(directory);
});

test.serial('the same source makes the same bytes, in whatever directory it lies, and whatever the umask is', (t) => {
  const there = join(directory, TREE);
  for (const one of directoriesOf(there)) t.is(lstatSync(one).mode & 0o777, 0o755, one);
  t.deepEqual(filesOf(there), filesOf(builtPlugin));
  for (const file of filesOf(there)) {
    if (lstatSync(join(there, file)).isSymbolicLink()) continue;
    t.true(readFileSync(join(there, file)).equals(readFileSync(join(builtPlugin, file))), file);
  }
});

ifItCanRun(
  `the packages are made, installed, updated, disabled and removed as docs/install-transcript.txt shows it${reason ? ` (${reason})` : ''}`,
  async (t) => {
    t.timeout(600_000);
    const installed = install(await homeOfRoot(join(directory, 'root'), join(directory, 'another place/dist')));
    const transcript = normalized(`${made}${installed}`);
    if (process.env['UPDATE_TRANSCRIPT']) writeFileSync(TRANSCRIPT, transcript);
    t.is(transcript, readFileSync(TRANSCRIPT, 'utf8'));
  },
);

function makePackages(source: string): string {
  const command = ['npm', 'run', 'package', '--', architecture, '--quick'] as const;
  const withUmask = `umask 077 && exec ${command.join(' ')}`;
  const printed = execFileSync('sh', ['-c', withUmask], { cwd: source, encoding: 'utf8' });
  const lines = printed.split('\n').filter((line) => line !== '' && !line.startsWith('> '));
  const files = readdirSync(join(source, 'dist')).sort();
  return ['# A fresh clone', `$ ${command.join(' ')}`, ...lines, '$ ls dist', ...files, ''].join('\n');
}

/** Lays out what install-transcript.sh needs in /root: the packages in `dist`, newer ones, and a host. */
async function homeOfRoot(home: string, dist: string): Promise<string> {
  const paths = pathsOf(join(home, 'host'));
  layOut(paths);
  enable(paths, 'stock');
  writeFileSync(join(home, 'revision'), revision({ build: script('echo compiled') }, 'main'));
  const archive = join(home, `dokku-builds-linux-${architecture}.tar.gz`);
  renameSync(join(dist, ARCHIVE), archive);
  const deb = `dokku-builds_${version}_${debian}.deb`;
  renameSync(join(dist, deb), join(home, deb));
  const tree = join(directory, TREE);
  const toml = join(tree, 'plugin.toml');
  writeFileSync(toml, readFileSync(toml, 'utf8').replace(`"${version}"`, `"${NEWER}"`));
  await writeTarball(tree, `dokku-builds-${NEWER}`, join(home, `dokku-builds-${NEWER}.tar.gz`), 0);
  makeDebianPackage({ root: ROOT, version: NEWER, architecture, tree, stage: home, compressed: false });
  packDokku(home, join(paths.corePlugins, 'available/builds'));
  return home;
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

/** Runs install-transcript.sh in a root directory in which /root is `home`; gives what it prints. */
function install(home: string): string {
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
    exec chroot /mnt/m /bin/bash /root/install-transcript.sh "$@"`;
  cpSync(join(__dirname, 'install-transcript.sh'), join(home, 'install-transcript.sh'));
  const args = ['--mount', 'sh', '-c', enter, 'sh', home, version, NEWER, architecture, debian];
  const { status, stdout, stderr } = spawnSync('unshare', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${stdout}${stderr} (${String(status)})`);
  return `${stdout}${stderr}`;
}

/** Without what differs from machine to machine and from build to build. */
function normalized(text: string): string {
  return text
    .replaceAll(/\b[0-9a-f]{64}\b/g, '…')
    .replaceAll(/\b\d+ MB\b/g, '… MB')
    .replaceAll('linux-arm64', 'linux-x64')
    .replaceAll('_arm64.deb', '_amd64.deb');
}
