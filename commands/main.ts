import { calledAs } from './calledAs';
import { GENERATE_ID, others, triggers, WORKER } from './programs';

/*
 * The start of the executable. It loads what the call needs and nothing else.
 */

async function main(): Promise<number> {
  const argv = process.argv.slice(2);
  const called = calledAs(process.argv0, argv, (name) => Object.hasOwn(triggers, name) || Object.hasOwn(others, name));
  if (called.name === GENERATE_ID) return generateId();
  const { run } = await import('./run');
  // A thread has the name that its process was called by, and says in its first argument what it is.
  return run(argv[0] === WORKER && (await isThread()) ? { type: 'internal', name: WORKER, args: [] } : called);
}

async function generateId(): Promise<number> {
  const { buildsGenerateId } = await import('../triggers/buildsGenerateId');
  try {
    buildsGenerateId();
    return 0;
  } catch (error) {
    return (await import('./run')).report(error);
  }
}

async function isThread(): Promise<boolean> {
  return !(await import('node:worker_threads')).isMainThread;
}

void main().then((exitCode) => {
  process.exitCode = exitCode;
});
