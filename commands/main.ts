import { calledThrough, roleOf } from '../host/dokku/role';
import { calledAs, enteredBy } from './calledAs';
import { GENERATE_ID, others, triggers, WORKER } from './programs';
import type { standIn as StandIn } from './host/standIn';
import { report, run } from './run';

/*
 * The start of the executable. What it imports is one chunk of the executable; everything else is loaded when it is
 * called. (An import of ./run at run time spares builds-generate-id 0.2 ms and costs every command 0.5 ms, because the
 * bundler makes 31 chunks of 20.)
 */

async function main(): Promise<number> {
  const argv = process.argv.slice(2);
  const called = calledAs(process.argv0, argv, (name) => Object.hasOwn(triggers, name) || Object.hasOwn(others, name));
  const { path, words } = enteredBy(process.argv0, argv);
  const through = calledThrough(path);
  const role = through === undefined ? 'acts' : roleOf(through);
  if (through !== undefined && role !== 'acts') {
    const exitCode = await standIn(role, through, words);
    if (exitCode !== undefined) return exitCode;
  }
  if (called.name === GENERATE_ID) return generateId();
  // A thread has the name that its process was called by, and says in its first argument what it is.
  return run(argv[0] === WORKER && (await isThread()) ? { type: 'internal', name: WORKER, args: [] } : called);
}

/** What to do with a call that came by another name than the one that answers; undefined: run it all the same. */
async function standIn(...call: Parameters<typeof StandIn>): Promise<number | undefined> {
  const module = await import('./host/standIn');
  try {
    return module.standIn(...call);
  } catch (error) {
    return report(error);
  }
}

async function generateId(): Promise<number> {
  const { buildsGenerateId } = await import('../triggers/buildsGenerateId');
  try {
    buildsGenerateId();
    return 0;
  } catch (error) {
    return report(error);
  }
}

async function isThread(): Promise<boolean> {
  return !(await import('node:worker_threads')).isMainThread;
}

void main().then((exitCode) => {
  process.exitCode = exitCode;
});
