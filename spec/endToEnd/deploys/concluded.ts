import { readdirSync, watch } from 'node:fs';

import { readSmallFile } from '../../../host/files/openFile';
import type { Sandbox } from '../../../scripts/sandbox/host';
import { waitersOf } from './waiters';

/** An event of `builds:events --format json`. */
export type EventJson = Readonly<Record<string, unknown>> & { readonly type: string };

/** A build that is not concluded by then never will be: a busy machine takes a minute to conclude many at once. */
const LIMIT_MS = 300_000;

const RECORD_LIMIT_BYTES = 64 * 1024;

/**
 * Waits until the record of a build says how it ended, or is removed; gives its status, or undefined. Each time the
 * app's directory changes, the record is looked at again.
 */
export async function concluded(host: Sandbox, app: string, build: string): Promise<string | undefined> {
  const path = host.file(app, `${build}.json`);
  const status = (): string | undefined => {
    const text = readSmallFile(path, RECORD_LIMIT_BYTES); // not there any more, if it was removed just now
    return text === undefined ? undefined : (JSON.parse(text) as { status: string }).status;
  };
  let limit: NodeJS.Timeout | undefined;
  const watcher = watch(host.file(app, ''));
  try {
    return await new Promise((resolve, reject) => {
      const look = (): void => {
        const now = status();
        if (now !== 'running') resolve(now);
      };
      watcher.on('change', look);
      watcher.on('error', reject);
      limit = setTimeout(() => reject(new Error(notConcluded(host, app, build))), LIMIT_MS);
      look();
    });
  } finally {
    watcher.close();
    clearTimeout(limit);
  }
}

/** What is known of a build that nobody concludes. */
function notConcluded(host: Sandbox, app: string, build: string): string {
  const waiters = waitersOf(host, app).map(({ pid, state, command }) => `${pid} ${state} ${command}`);
  const files = readdirSync(host.file(app, '')).filter((name) => name.includes(build));
  return [`build ${build} of ${app} was not concluded`, ...files, ...waiters].join('\n');
}

/** The events of an app, oldest first. */
export async function eventsOf(host: Sandbox, app: string): Promise<EventJson[]> {
  const { stdout } = await host.dokku(['builds:events', app, '--format', 'json']);
  return JSON.parse(stdout) as EventJson[];
}

/** The id of the app's newest build, by its log: also of a build whose record was removed. */
export async function newestBuild(host: Sandbox, app: string): Promise<string> {
  const started = (await eventsOf(host, app)).findLast(({ type }) => type === 'BuildStarted');
  if (started === undefined) throw new Error(`${app} has no build`);
  return String(started['build']);
}
