import type { BuildId } from '../../host/dokku/names';
import type { AppBuilds } from '../../host/dokku/paths';
import { reasonOf, type Warn } from '../../host/failure';
import { startDetached } from '../../host/system/detached';
import { selfCommand } from '../../host/system/self';

/** Name of the program that concludes a deploy after its process has ended. */
const AFTER_DEPLOY = 'builds-after-deploy';

/** A shell and tail(1) wait in about 1 MB of memory; tail looks once a second. Then the shell becomes the program. */
const WAIT = 'tail --pid="$1" -f /dev/null; tail --pid="$2" -f /dev/null; shift 2; exec "$@"';

/**
 * Leaves a process behind that waits until this process and then process `pid` have ended, and then runs
 * {@link AFTER_DEPLOY} for the build. Called before a start is appended: if the trigger is killed, a build that is on
 * record is waited for all the same, and no end is concluded before the start is on record.
 * It has a session of its own and none of the deploy's descriptors. If it cannot be started or is killed, the next
 * finalize, prune or cancel concludes instead.
 */
export function waitForEnd({ app, mode }: AppBuilds, id: BuildId, pid: number, warn: Warn): void {
  if (mode !== 'owner') return; // the stock plugin decides how its builds end
  try {
    const { program, args } = selfCommand();
    startDetached('/bin/sh', [
      '-c',
      WAIT,
      'dokku-builds-wait',
      String(process.pid),
      String(pid),
      program,
      ...args,
      AFTER_DEPLOY,
      app,
      id,
      String(pid),
    ]);
  } catch (error) {
    warn(`Nothing waits for the end of build ${id}: ${reasonOf(error)}`);
  }
}
