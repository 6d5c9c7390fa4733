import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import test from 'ava';

import { makeDebianPackage } from '../../../scripts/debian-package';
import { copyPlugin } from '../../../scripts/sandbox/layout';
import { temporaryDirectory } from '../../temporaryHost';
import { ROOT } from './copyOfSource';
import { cannotHaveOwnRoot, layOutHome, runInOwnRoot } from './ownRoot';

/* The Debian package on hosts in unusual states. What it does on others is in installTranscript.spec.ts. */

const reason = cannotHaveOwnRoot();
const ifItCanRun = reason === undefined ? test : test.skip;

const ours = '  -> dokku-builds records a deploy; enabled/builds leads to ../available/dokku-builds';
const stock = '  -> The stock plugin records a deploy; enabled/builds leads to ../available/builds';
const enabled = (version: string) => `builds 0.38.0 enabled;dokku-builds ${version} enabled;`;
const disabled = (version: string) => `builds 0.38.0 enabled;dokku-builds ${version} disabled;`;

ifItCanRun(
  `a Debian package changes nothing that was decided with Dokku’s commands, and fails no upgrade and no removal${reason ? ` (${reason})` : ''}`,
  (t) => {
    t.timeout(600_000);
    const home = temporaryDirectory(t);
    layOutHome(home);
    const architecture = process.arch === 'arm64' ? 'arm64' : 'x64';
    for (const version of ['1.0', '1.1']) makePackage(home, version, architecture);
    const printed = runInOwnRoot(home, 'debian-package.sh', [architecture === 'arm64' ? 'arm64' : 'amd64']);
    t.deepEqual(printed.split('\n').filter(Boolean), [
      `installed: ii 1.0, ${enabled('1.0')}${ours}`,
      `put back by the unit: ii 1.0, ${enabled('1.0')}${ours}`,
      `Dokku and this package upgraded, and a record cannot be read: ii 1.1, ${enabled('1.1')}${ours}`,
      `another version installed, and disabled: ii 1.0, ${disabled('1.0')}${stock}`,
      `enabled: ii 1.0, ${enabled('1.0')}${ours}`,
      `alongside, and another version installed: ii 1.1, builds 0.38.0 enabled;builds-journal 1.1 enabled;dokku-builds 1.1 disabled;${stock}`,
      `another version installed, and uninstalled by plugin:uninstall: ii 1.0, builds 0.38.0 enabled;${stock}`,
      `installed again: ii 1.0, ${enabled('1.0')}${ours}`,
      'removed, and there is no stock plugin: rc 1.0, ',
      'purged, and there is no Dokku: none, ',
    ]);
  },
);

function makePackage(stage: string, version: string, architecture: 'x64' | 'arm64'): void {
  const tree = join(stage, `tree-${version}`);
  copyPlugin(tree);
  const toml = join(tree, 'plugin.toml');
  const text = readFileSync(toml, 'utf8').replace(/version = ".*"/, `version = "${version}"`);
  rmSync(toml);
  writeFileSync(toml, text);
  makeDebianPackage({ root: ROOT, version, architecture, tree, stage, compressed: false });
}
