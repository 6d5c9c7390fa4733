import { errorCode, Failure, reasonOf } from '../../host/failure';
import type { Output } from '../../host/terminal/output';

/** One step of the installer. After a kill before, in or after any step, the installer can be started again. */
export interface Step {
  /** What it does: `Copying …`. */
  readonly says: string;
  readonly take: () => void;
}

/** Prints and does each step, one after the other; with `dryRun` only prints them. Throws {@link Failure}. */
export function takeSteps(output: Output, steps: readonly Step[], dryRun: boolean): void {
  for (const { says, take } of steps) {
    output.step(says);
    output.flush();
    if (!dryRun) attempt(take);
  }
}

function attempt(take: () => void): void {
  try {
    take();
  } catch (error) {
    const code = errorCode(error);
    if (code === undefined) throw error;
    const path = error instanceof Error && 'path' in error ? `${String(error.path)}: ` : '';
    const hint = code === 'EACCES' || code === 'EPERM' ? '; this has to be run as root' : '';
    throw new Failure(`${path}${reasonOf(error)}${hint}`);
  }
}
