import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  cpSync,
  linkSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { EXECUTABLE } from '../host/plugin/pluginTree';
import type { Architecture } from './bun';
import { directoriesOf, filesOf, shareDirectories } from './replace-tree';

/** The names that Debian has for the processors. */
const DEBIAN: Readonly<Record<Architecture, string>> = { x64: 'amd64', arm64: 'arm64' };

/** In seconds: every file's time, so that one source makes one package. */
const FIXED_TIME = Date.UTC(1980, 0, 1) / 1000;

/** Where the plugin tree lies. */
const LIBRARY = 'usr/lib/dokku-builds';

export interface DebianPackage {
  /** Of this repository. */
  readonly root: string;
  readonly version: string;
  readonly architecture: Architecture;
  /** A plugin tree for that processor, whose files may get further names. */
  readonly tree: string;
  /** A directory to work in, on the same file system. */
  readonly stage: string;
  /** By xz, if not said otherwise; that takes 10 s and more. */
  readonly compressed?: boolean;
}

/** Makes the Debian package in `stage` with dpkg-deb; returns its name. The same source makes the same bytes. */
export function makeDebianPackage({
  root,
  version,
  architecture,
  tree,
  stage,
  compressed = true,
}: DebianPackage): string {
  const debian = DEBIAN[architecture];
  const content = path.join(stage, `debian-${debian}`);
  const write = (file: string, text: string | Uint8Array, mode = 0o644): void => {
    const full = path.join(content, file);
    mkdirSync(path.dirname(full), { recursive: true });
    writeFileSync(full, text);
    chmodSync(full, mode);
  };
  try {
    const library = path.join(content, LIBRARY);
    const executable = path.join(tree, EXECUTABLE);
    cpSync(tree, library, { recursive: true, verbatimSymlinks: true, filter: (file) => file !== executable });
    linkSync(executable, path.join(library, EXECUTABLE));
    for (const moved of ['LICENSE', 'THIRD-PARTY-LICENSES', 'man', 'systemd', 'completions']) {
      rmSync(path.join(library, moved), { recursive: true });
    }
    mkdirSync(path.join(content, 'usr/bin'), { recursive: true });
    symlinkSync(path.join('..', 'lib/dokku-builds', EXECUTABLE), path.join(content, 'usr/bin/dokku-builds'));
    const page = readFileSync(path.join(tree, 'man/dokku-builds.1'));
    write('usr/share/man/man1/dokku-builds.1.gz', gzipSync(page, { level: 9 }));
    for (const [file, place] of COMPLETIONS) write(place, readFileSync(path.join(tree, 'completions', file)));
    for (const unit of readdirSync(path.join(tree, 'systemd'))) {
      write(`lib/systemd/system/${unit}`, readFileSync(path.join(tree, 'systemd', unit)));
    }
    write('usr/share/doc/dokku-builds/copyright', readFileSync(path.join(tree, 'LICENSE'), 'utf8') + OTHER_LICENSES);
    const others = readFileSync(path.join(tree, 'THIRD-PARTY-LICENSES'));
    write('usr/share/doc/dokku-builds/THIRD-PARTY-LICENSES.gz', gzipSync(others, { level: 9 }));
    write('usr/share/doc/dokku-builds/changelog.gz', gzipSync(changelog(version), { level: 9 }));
    write('usr/share/lintian/overrides/dokku-builds', overrides);
    for (const script of ['postinst', 'prerm', 'postrm', 'triggers']) {
      const text = readFileSync(path.join(root, 'scripts/debian', script));
      write(`DEBIAN/${script}`, text, script === 'triggers' ? 0o644 : 0o755);
    }
    write('DEBIAN/md5sums', md5Sums(content));
    write('DEBIAN/control', control(version, debian, sizeOf(content)));
    settle(content);
    const name = `dokku-builds_${version}_${debian}.deb`;
    execFileSync(
      'dpkg-deb',
      [
        '--root-owner-group',
        '--build',
        ...(compressed ? ['-Zxz', '-z1'] : ['-Znone']),
        content,
        path.join(stage, name),
      ],
      {
        env: { ...process.env, SOURCE_DATE_EPOCH: String(FIXED_TIME) },
        stdio: ['ignore', 'ignore', 'inherit'],
      },
    );
    return name;
  } finally {
    rmSync(content, { recursive: true, force: true });
  }
}

/** The executable is Bun with data appended to it, which a debugger's or a linker's view of it cannot know. */
const overrides = [
  'unstripped-binary-or-object',
  'embedded-library',
  'hardening-no-pie',
  'hardening-no-relro',
  'hardening-no-bindnow',
  'spelling-error-in-binary',
  'package-supports-alternative-init-but-no-init.d-script', // Dokku itself needs systemd
  'maintainer-script-calls-systemctl', // deb-systemd-invoke has no try-restart and no disable --now
]
  .map((tag) => `dokku-builds: ${tag}\n`)
  .join('');

/** Where Debian's shells find the completion for a program. */
const COMPLETIONS = [
  ['dokku-builds.bash', 'usr/share/bash-completion/completions/dokku-builds'],
  ['_dokku-builds', 'usr/share/zsh/vendor-completions/_dokku-builds'],
  ['dokku-builds.fish', 'usr/share/fish/vendor_completions.d/dokku-builds.fish'],
] as const;

const OTHER_LICENSES = `
The executable holds other software; its licenses are in THIRD-PARTY-LICENSES.gz beside this file. On Debian, the
texts of Apache-2.0, LGPL-2 and LGPL-2.1 are also in /usr/share/common-licenses.
`;

/** What \`dpkg --verify\` compares files with. */
function md5Sums(content: string): string {
  const files = filesOf(path.join(content, 'usr')).map((file) => path.join('usr', file));
  const units = filesOf(path.join(content, 'lib')).map((file) => path.join('lib', file));
  return [...units, ...files]
    .filter((file) => lstatSync(path.join(content, file)).isFile())
    .map(
      (file) =>
        `${createHash('md5')
          .update(readFileSync(path.join(content, file)))
          .digest('hex')}  ${file}\n`,
    )
    .join('');
}

const MAINTAINER = 'the dokku-builds authors <maintainers@dokku-builds.example>';

/** In the form that Debian's tools read. */
function changelog(version: string): string {
  const changes = '  * See https://github.com/dokku-builds/dokku-builds/blob/main/CHANGELOG.md';
  const date = new Date(FIXED_TIME * 1000).toUTCString().replace('GMT', '+0000');
  return `dokku-builds (${version}) unstable; urgency=medium\n\n${changes}\n\n -- ${MAINTAINER}  ${date}\n`;
}

function control(version: string, architecture: string, kibibytes: number): string {
  return [
    'Package: dokku-builds',
    `Version: ${version}`,
    `Architecture: ${architecture}`,
    `Maintainer: ${MAINTAINER}`,
    `Installed-Size: ${String(kibibytes)}`,
    'Depends: dokku (>= 0.38), libc6 (>= 2.17)',
    'Section: admin',
    'Priority: optional',
    'Homepage: https://github.com/dokku-builds/dokku-builds',
    'Description: build tracking for Dokku, event-sourced',
    ' Keeps every deploy of every app in an append-only journal, and answers the',
    ' commands builds:* from it. It takes the place of the build tracking that Dokku',
    ' has, on the same files; removing the package gives it back.',
    '',
  ].join('\n');
}

/** In KiB. */
function sizeOf(directory: string): number {
  return Number(execFileSync('du', ['-sk', '--apparent-size', directory], { encoding: 'utf8' }).split('\t')[0]);
}

/** Modes and times that do not depend on who builds, and when. */
function settle(content: string): void {
  shareDirectories(content);
  for (const file of filesOf(content)) lutimesSync(path.join(content, file), FIXED_TIME, FIXED_TIME);
  for (const directory of directoriesOf(content)) lutimesSync(directory, FIXED_TIME, FIXED_TIME);
}
