import { execFileSync } from 'node:child_process';
import { cpSync, linkSync, mkdirSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';

import { EXECUTABLE } from '../../host/plugin/pluginTree';
import type { User } from './running';

/** Which plugin answers `builds:*`: a copy of the built tree, a link to it, or the stand-in for the stock one. */
export type Tracking = 'copy' | 'link' | 'stock';

/** Where things are on a host. Absolute. */
export interface Paths {
  readonly root: string;
  readonly bin: string;
  /** Scratch space of deploys and specs. */
  readonly tmp: string;
  /** What `git:from-image` knows: a directory of programs for each image. */
  readonly images: string;
  readonly dokkuRoot: string;
  readonly libRoot: string;
  readonly data: string;
  readonly builds: string;
  readonly config: string;
  readonly plugins: string;
  readonly corePlugins: string;
}

/** The built plugin tree of this repository. */
export const builtPlugin = join(__dirname, '..', '..', 'dist', 'plugin');

export function pathsOf(root: string): Paths {
  const libRoot = join(root, 'var', 'lib', 'dokku');
  return {
    root,
    bin: join(root, 'bin'),
    tmp: join(root, 'tmp'),
    images: join(root, 'images'),
    dokkuRoot: join(root, 'home', 'dokku'),
    libRoot,
    data: join(libRoot, 'data'),
    builds: join(libRoot, 'data', 'builds'),
    config: join(libRoot, 'config'),
    plugins: join(libRoot, 'plugins'),
    corePlugins: join(libRoot, 'core-plugins'),
  };
}

/** Lays out a host with its core plugins, no app, and no build tracking yet. */
export function layOut(paths: Paths): void {
  const available = join(paths.plugins, 'available');
  const core = join(paths.corePlugins, 'available');
  for (const path of [paths.tmp, paths.images, paths.dokkuRoot, paths.data, paths.config, available, core]) {
    mkdirSync(path, { recursive: true });
  }
  mkdirSync(join(paths.plugins, 'enabled'));
  for (const name of ['bin', 'libexec']) cpSync(join(__dirname, name), join(paths.root, name), { recursive: true });
  symlinkSync(join(paths.plugins, 'enabled', 'builds', EXECUTABLE), join(paths.bin, 'dokku-builds'));
  cpSync(join(__dirname, 'core-plugins'), core, { recursive: true });
  for (const name of readdirSync(core)) {
    symlinkSync(join('..', '..', 'core-plugins', 'available', name), join(available, name));
    symlinkSync(join('..', 'available', name), join(paths.plugins, 'enabled', name));
  }
}

/**
 * Points `enabled/builds` at the tracking that is asked for. 'stock' is also what an upgrade of Dokku's package does.
 */
export function enable(paths: Paths, tracking: Tracking): void {
  const link = join(paths.plugins, 'enabled', 'builds');
  const copy = join(paths.plugins, 'available', 'dokku-builds');
  rmSync(link, { force: true });
  switch (tracking) {
    case 'stock':
      symlinkSync(join('..', 'available', 'builds'), link);
      break;
    case 'link':
      symlinkSync(builtPlugin, link);
      break;
    case 'copy':
      rmSync(copy, { recursive: true, force: true });
      copyPlugin(copy);
      symlinkSync(join('..', 'available', 'dokku-builds'), link);
      break;
    default:
      tracking satisfies never;
  }
}

/** Copies the built plugin to `directory`; the executable, more than 100 MB, as a further name of the same file. */
export function copyPlugin(directory: string): void {
  const executable = join(builtPlugin, EXECUTABLE);
  const filter = (path: string): boolean => path !== executable;
  cpSync(builtPlugin, directory, { recursive: true, verbatimSymlinks: true, filter });
  try {
    linkSync(executable, join(directory, EXECUTABLE));
  } catch {
    cpSync(executable, join(directory, EXECUTABLE)); // another file system
  }
}

/** Gives everything on the host to `user`; only root can. */
export function giveTo(user: User, path: string): void {
  execFileSync('chown', ['-R', `${user.uid}:${user.gid}`, path]);
}
