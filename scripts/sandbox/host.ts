import { chmodSync, existsSync, mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { builtPlugin, enable, giveTo, layOut, pathsOf, type Tracking } from './layout';
import { expectSuccess, type User } from './running';
import { Sandbox } from './sandbox';

export { type Gate } from './gate';
export { type AppFiles, script } from './repository';
export { expectSuccess, type Result, type Running, type User } from './running';
export { type CallOptions, type Deploy, Sandbox } from './sandbox';

export interface SandboxOptions {
  /** Where the host is made: an empty or a missing directory. Default: a fresh one among the temporary files. */
  readonly directory?: string;
  /** What answers `builds:*`; default 'copy'. */
  readonly tracking?: Tracking;
  /** Who owns the host and runs everything on it; default: whoever runs the specs. Only root can ask for another. */
  readonly user?: User | undefined;
}

/** Builds a host. `dist/plugin` has to be there (npm run build), unless `tracking` is 'stock'. */
export async function createSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const { tracking = 'copy', user } = options;
  if (tracking !== 'stock' && !existsSync(builtPlugin)) throw new Error(`${builtPlugin} is missing: npm run build`);
  const root = options.directory ?? mkdtempSync(join(tmpdir(), 'dokku-sandbox-'));
  mkdirSync(root, { recursive: true });
  chmodSync(root, 0o755); // other users of the host have to get through it
  const paths = pathsOf(root);
  layOut(paths);
  enable(paths, tracking);
  if (user !== undefined) giveTo(user, root);

  const host = new Sandbox(paths, user);
  expectSuccess(await host.trigger('install', []));
  return host;
}
