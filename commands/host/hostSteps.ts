import { errorCode, Failure, reasonOf } from '../../host/failure';
import type { Output } from '../../host/terminal/output';

/** One step of the installer: it can be killed before, in and after each, and started again from the first. */
export interface Step {
  /** What it does: `Copying …`. */
  readonly says: string;
  readonly take: () => void;
}

/** Says each step and takes it, one after the other; with `dryRun` only says them. Throws {@link Failure}. */
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
