import { renameSync, symlinkSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

import { errorCode, Failure, reasonOf } from '../../host/failure';
import { ownLikeParent, removeFile, syncDirectory } from '../../host/system/files';
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

/** Makes `path` a link that says `target`, in one step: whoever follows it comes to the old place or to the new one. */
export function replaceLink(path: string, target: string): void {
  const directory = dirname(path);
  const temporary = join(directory, `.${basename(path)}.${process.pid}.tmp`); // plugn does not look at hidden names
  removeFile(temporary);
  symlinkSync(target, temporary);
  ownLikeParent(temporary, directory);
  renameSync(temporary, path);
  syncDirectory(directory);
}
