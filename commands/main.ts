import { calledThrough, roleOf } from '../host/plugin/role';
import { enteredBy } from './calledAs';
import type { standIn as StandIn } from './host/standIn';

/*
 * The start of the executable. It loads what the call needs: the trigger that prints a build id, which every deploy
 * waits for, or everything else.
 */

async function main(): Promise<number> {
  // host/run.sh set these for this process. Those that it starts do not inherit them.
  for (const name of Object.keys(process.env))
    if (name.startsWith('BUN_JSC_')) Reflect.deleteProperty(process.env, name);
  const argv = process.argv.slice(2);
  const { path, words } = enteredBy(process.argv0, argv);
  const through = calledThrough(path);
  const role = through === undefined ? 'acts' : roleOf(through);
  if (through !== undefined && role !== 'acts') {
    const exitCode = await standIn(role, through, words);
    if (exitCode !== undefined) return exitCode;
  }
  if (path.endsWith('/builds-generate-id')) return generateId();
  const { runCall } = await import('./run');
  return runCall(process.argv0, argv);
}

/** Handles a call through another name than the one that acts. Undefined: the call is to be run all the same. */
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

async function report(error: unknown): Promise<number> {
  return (await import('./run')).report(error);
}

void main().then((exitCode) => {
  process.exitCode = exitCode;
});
