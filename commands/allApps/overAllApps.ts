import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';

import { allowedApps, listApps } from '../../host/dokku/apps';
import type { Host } from '../../host/dokku/environment';
import { Failure, printable, reasonOf } from '../../host/failure';
import type { AppName } from '../../host/dokku/names';
import { appProgress } from '../../host/terminal/appProgress';
import type { Output } from '../../host/terminal/output';
import { parsePositiveInteger } from '../../host/dokku/properties';
import type { CommandCall } from '../definition/command';
import { aValue } from '../definition/flags';
import { WORKER } from '../programs';

/** Flags that the work depends on, by name. */
export type WorkFlags = Readonly<Partial<Record<string, string>>>;

/** Work on one app. It can run in a thread, because it uses only its arguments, and returns what is to be printed. */
export type AppWork = (host: Host, app: AppName, flags: WorkFlags) => Worked;

/** The result for one app: a line to print, and warnings. If one app has `failed`, the exit status is 1. */
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

/** `--parallel`: how many apps at a time. */
export const parallel = aValue(
  'N',
  'with --all-apps: N apps at a time, -1 for as many as there are CPUs; by default 1',
  parseParallel,
);

/** A call of a command that works on one app, or on all of them. */
type AppsCall = Pick<CommandCall, 'host' | 'output'> & {
  readonly args: { readonly app: AppName | undefined };
  readonly flags: { readonly parallel: number | undefined };
};

/** Does a job on the app that is named, or on every app that the caller may see. Returns the exit status. */
export function overApps({ host, output, args, flags }: AppsCall, job: Job): number | Promise<number> {
  if (args.app === undefined) return overAllApps(host, output, job, flags.parallel ?? 1);
  if (flags.parallel !== undefined) throw new Failure('Flag --parallel goes with --all-apps');
  const worked = job.work(host, args.app, job.flags);
  printWorked(output, worked, job.flags);
  return worked.failed ? 1 : 0;
}

/** Prints the result for one app: the line as a step, or unchanged if it is JSON. */
function printWorked(output: Output, { line, warnings }: Worked, flags: WorkFlags): void {
  if (line !== undefined && flags['format'] === 'json') output.line(line);
  else if (line !== undefined) output.step(line);
  for (const warning of warnings) output.warn(warning);
}

/**
 * Works on all apps, `most` at a time, and prints a line for each. A failure is a warning and does not stop the
 * others; the exit status is then 1.
 */
async function overAllApps(host: Host, output: Output, job: Job, most: number): Promise<number> {
  const apps = allowedApps(host, listApps(host));
  const workers = Math.min(most, apps.length);
  let failed = 0;
  const progress = appProgress(apps.length);
  const report = (worked: Worked): void => {
    progress.clear();
    printWorked(output, worked, job.flags);
    if (worked.failed) failed += 1;
    progress.done();
  };
  const ticking = setInterval(() => progress.tick(), TICK_MS); // runs while threads work
  if (workers > 1) await inWorkers(job, apps, workers, report);
  else for (const app of apps) report(workOn(host, job.work, app, job.flags));
  clearInterval(ticking);
  progress.clear();
  if (failed > 0) output.warn(`${job.name} failed for ${failed} of ${apps.length} apps`);
  return failed > 0 ? 1 : 0;
}

function parseParallel(text: string): number {
  const workers = text === '-1' ? availableParallelism() : parsePositiveInteger(text);
  if (workers === undefined) {
    throw new Failure(`Invalid --parallel value "${printable(text)}": must be a positive integer, or -1`);
  }
  return Math.min(workers, MOST_WORKERS);
}

const MOST_WORKERS = 64;
const TICK_MS = 500;

/** Does `work` on one app. An error becomes a warning, and the app counts as failed. */
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

/** Uses threads, because the work on an app is synchronous. A thread gets the next app when it has finished one. */
async function inWorkers(
  { name, flags }: Job,
  apps: readonly AppName[],
  count: number,
  report: (worked: Worked) => void,
): Promise<void> {
  const queue = [...apps];
  const runOne = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const data: WorkerData = { name, flags };
      const worker = new Worker(process.argv[1] ?? '', { argv: [WORKER], workerData: data });
      const next = (): void => {
        worker.postMessage(queue.shift());
      };
      worker.on('message', (worked: Worked) => {
        report(worked);
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
