import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';

import { asRevision } from './revision';

const TIMEOUT_MS = 10_000;
const MOST_BYTES = 64 * 1024 * 1024;

/**
 * When each of `revisions` was committed (ms since the epoch), of those that the bare repository at `path` has; none
 * if there is no repository or no git. Git runs as the owner of the repository, and fetches nothing. Never throws.
 */
export function commitTimes(path: string, revisions: readonly string[]): ReadonlyMap<string, number> {
  const objects = statSync(join(path, 'objects'), { throwIfNoEntry: false });
  const asked = revisions.filter((revision) => asRevision(revision) !== undefined);
  if (objects?.isDirectory() !== true || asked.length === 0) return new Map();
  const args = ['rev-list', '--no-walk=unsorted', '--ignore-missing', '--timestamp', '--stdin'];
  const { stdout, error } = spawnSync('git', [`--git-dir=${path}`, ...args], {
    input: `${asked.join('\n')}\n`,
    stdio: ['pipe', 'pipe', 'ignore'],
    encoding: 'utf8',
    timeout: TIMEOUT_MS,
    maxBuffer: MOST_BYTES,
    env: { PATH: process.env['PATH'], GIT_NO_LAZY_FETCH: '1' },
    ...(process.getuid?.() === 0 ? { uid: objects.uid, gid: objects.gid } : {}),
  });
  if (error !== undefined) return new Map(); // no git, or it took too long
  const lines = stdout.matchAll(/^(\d+) ([0-9a-f]{40,64})$/gm);
  return new Map([...lines].map(([, time, revision = '']) => [revision, Number(time) * 1000]));
}
