import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';

import { allowedApps, listApps } from '../host/apps';
import type { Host } from '../host/environment';
import { Failure, reasonOf } from '../host/failure';
import type { AppName } from '../host/names';
import type { Output } from '../host/output';
import { parsePositiveInteger } from '../host/properties';

/** Work on one app: returns the line that says what was done. */
export type AppWork = (host: Host, app: AppName, warn: (message: string) => void) => string;

/** What came of one app. */
export interface Done {
  readonly app: AppName;
  readonly warnings: readonly string[];
  readonly line?: string;
  readonly failure?: string;
}

/**
 * Does `work`, that of the command `name`, on every app that the caller may see, one line an app, `parallel` at a time (a number, `-1` for the number of
 * CPUs; default one). A failure is warned about and does not stop the others. Returns the exit status: 1 if any failed.
 */
export async function overAllApps(
  host: Host,
  output: Output,
  name: string,
  work: AppWork,
  parallel: string | undefined,
): Promise<number> {
  const apps = allowedApps(host, listApps(host));
  const workers = Math.min(parseParallel(parallel), apps.length);
  let failed = 0;
  const tell = ({ app, warnings, line, failure }: Done): void => {
    for (const warning of warnings) output.warn(warning);
    if (line !== undefined) output.step(line);
    if (failure !== undefined) output.warn(`${app}: ${failure}`);
    failed += failure === undefined ? 0 : 1;
  };
  if (workers > 1) await inWorkers(name, apps, workers, tell);
  else for (const app of apps) tell(workOn(host, work, app));
  if (failed > 0) output.warn(`${name} failed for ${failed} of ${apps.length} apps`);
  return failed > 0 ? 1 : 0;
}

function parseParallel(text: string | undefined): number {
  if (text === undefined) return 1;
  const workers = text === '-1' ? availableParallelism() : parsePositiveInteger(text);
  if (workers === undefined) throw new Failure(`Invalid --parallel value "${text}": must be a positive integer, or -1`);
  return Math.min(workers, MOST_WORKERS);
}

const MOST_WORKERS = 64;

/** Does `work` on one app; its failure is told, not thrown. */
export function workOn(host: Host, work: AppWork, app: AppName): Done {
  const warnings: string[] = [];
  try {
    return { app, warnings, line: work(host, app, (message) => warnings.push(message)) };
  } catch (error) {
    return { app, warnings, failure: reasonOf(error) };
  }
}

/** Threads, since all that is done to an app is synchronous; each asks for the next app when it is done with one. */
async function inWorkers(
  name: string,
  apps: readonly AppName[],
  count: number,
  tell: (done: Done) => void,
): Promise<void> {
  const queue = [...apps];
  const runOne = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const worker = new Worker(__filename, { argv: [WORKER_ARGUMENT], workerData: name });
      const next = (): void => {
        worker.postMessage(queue.shift());
      };
      worker.on('message', (done: Done) => {
        tell(done);
        next();
      });
      worker.on('online', next);
      worker.on('error', reject);
      worker.on('exit', () => {
        resolve();
      });
    });
  await Promise.all(Array.from({ length: count }, runOne));
}

/** First argument of a worker thread's program. */
export const WORKER_ARGUMENT = 'over-all-apps-worker';
