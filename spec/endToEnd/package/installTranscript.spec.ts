import { execFileSync } from 'node:child_process';
import { lstatSync, mkdtempSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import test from 'ava';

import { makeDebianPackage } from '../../../scripts/debian-package';
import { directoriesOf, filesOf } from '../../../scripts/replace-tree';
import { builtPlugin } from '../../../scripts/sandbox/layout';
import { removeDirectory } from '../../../scripts/sandbox/removal';
import { writeTarball } from '../../../scripts/tarball';
import { copyOfSource, ROOT } from './copyOfSource';
import { cannotHaveOwnRoot, layOutHome, runInOwnRoot } from './ownRoot';

/*
 * From an empty directory to a host on which each package was installed, updated, disabled and removed, and who
 * answers after each step. docs/install-transcript.txt has what is typed and printed; UPDATE_TRANSCRIPT=1 writes that
 * file.
 */

const TRANSCRIPT = join(ROOT, 'docs/install-transcript.txt');

const reason = cannotHaveOwnRoot();
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
    const installed = runInOwnRoot(
      await homeOfRoot(join(directory, 'root'), join(directory, 'another place/dist')),
      'install-transcript.sh',
      [version, NEWER, architecture, debian],
    );
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
  layOutHome(home);
  const archive = join(home, `dokku-builds-linux-${architecture}.tar.gz`);
  renameSync(join(dist, ARCHIVE), archive);
  const deb = `dokku-builds_${version}_${debian}.deb`;
  renameSync(join(dist, deb), join(home, deb));
  const tree = join(directory, TREE);
  const toml = join(tree, 'plugin.toml');
  writeFileSync(toml, readFileSync(toml, 'utf8').replace(`"${version}"`, `"${NEWER}"`));
  await writeTarball(tree, `dokku-builds-${NEWER}`, join(home, `dokku-builds-${NEWER}.tar.gz`), 0);
  makeDebianPackage({ root: ROOT, version: NEWER, architecture, tree, stage: home, compressed: false });
  return home;
}

/** Without what differs from machine to machine and from build to build. */
function normalized(text: string): string {
  return text
    .replaceAll(/\b[0-9a-f]{64}\b/g, '…')
    .replaceAll(/\b\d+ MB\b/g, '… MB')
    .replaceAll('linux-arm64', 'linux-x64')
    .replaceAll('_arm64.deb', '_amd64.deb');
}
