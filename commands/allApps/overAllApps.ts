import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';

import { allowedApps, listApps } from '../../host/dokku/apps';
import type { Host } from '../../host/dokku/environment';
import { Failure, printable, reasonOf } from '../../host/failure';
import type { AppName } from '../../host/dokku/names';
import type { Output } from '../../host/terminal/output';
import { parsePositiveInteger } from '../../host/dokku/properties';

/** Flags that the work depends on, by name. */
export type WorkFlags = Readonly<Partial<Record<string, string>>>;

/** Work on one app. It can run in a thread: all it needs comes in, all it has to say goes out. */
export type AppWork = (host: Host, app: AppName, flags: WorkFlags) => Worked;

/** What came of one app: a line that says so, and what to warn about; `failed` counts for the exit status. */
export interface Worked {
  readonly line?: string;
  readonly warnings: readonly string[];
  readonly failed: boolean;
}

/** A command's work over all apps. */
export interface Job {
  /** The command's name, by which a thread finds its work. */
  readonly name: string;
  readonly work: AppWork;
  readonly flags: WorkFlags;
}

/** Prints what came of one app: the line as a step, or as it is when it is JSON. */
export function tellWorked(output: Output, { line, warnings }: Worked, flags: WorkFlags): void {
  if (line !== undefined) (flags['format'] === 'json' ? output.line : output.step)(line);
  for (const warning of warnings) output.warn(warning);
}

/**
 * Does a job on every app that the caller may see, one line an app, `parallel` at a time (a number, `-1` for the number of CPUs;
 * default one). A failure is warned about and does not stop the others. Returns the exit status: 1 if any failed.
 */
export async function overAllApps(host: Host, output: Output, job: Job, parallel: string | undefined): Promise<number> {
  const apps = allowedApps(host, listApps(host));
  const workers = Math.min(parseParallel(parallel), apps.length);
  let failed = 0;
  const tell = (worked: Worked): void => {
    tellWorked(output, worked, job.flags);
    if (worked.failed) failed += 1;
  };
  if (workers > 1) await inWorkers(job, apps, workers, tell);
  else for (const app of apps) tell(workOn(host, job.work, app, job.flags));
  if (failed > 0) output.warn(`${job.name} failed for ${failed} of ${apps.length} apps`);
  return failed > 0 ? 1 : 0;
}

function parseParallel(text: string | undefined): number {
  if (text === undefined) return 1;
  const workers = text === '-1' ? availableParallelism() : parsePositiveInteger(text);
  if (workers === undefined) {
    throw new Failure(`Invalid --parallel value "${printable(text)}": must be a positive integer, or -1`);
  }
  return Math.min(workers, MOST_WORKERS);
}

const MOST_WORKERS = 64;

/** Does `work` on one app; what it throws is a warning and a failure of that app. */
export function workOn(host: Host, work: AppWork, app: AppName, flags: WorkFlags): Worked {
  try {
    return work(host, app, flags);
  } catch (error) {
    return { warnings: [`${app}: ${reasonOf(error)}`], failed: true };
  }
}

/** What a thread is started with. */
export interface WorkerData {
  readonly name: string;
  readonly flags: WorkFlags;
}

/** Threads, since all that is done to an app is synchronous; each is given the next app when it is done with one. */
async function inWorkers(
  { name, flags }: Job,
  apps: readonly AppName[],
  count: number,
  tell: (worked: Worked) => void,
): Promise<void> {
  const queue = [...apps];
  const runOne = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const data: WorkerData = { name, flags };
      const worker = new Worker(process.argv[1] ?? '', { argv: [WORKER_ARGUMENT], workerData: data });
      const next = (): void => {
        worker.postMessage(queue.shift());
      };
      worker.on('message', (worked: Worked) => {
        tell(worked);
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
