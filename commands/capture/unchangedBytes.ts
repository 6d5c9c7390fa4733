import { isUtf8 } from 'node:buffer';
import { readFileSync } from 'node:fs';

import { Failure, type Warn } from '../../host/failure';

/**
 * The runtime reads arguments and variables as UTF-8. A command would get other bytes for those that are not UTF-8.
 * So such arguments are refused, and such variables are warned about. Throws {@link Failure}.
 */
export function checkBytes(words: readonly string[], env: NodeJS.ProcessEnv, warn: Warn): void {
  if (words.some(mayBeChanged) && !isText('/proc/self/cmdline')) {
    throw new Failure('An argument of the command is not UTF-8, and would be changed: put the command into a script');
  }
  const changed = Object.keys(env).filter((name) => mayBeChanged(env[name] ?? ''));
  if (changed.length > 0 && !isText('/proc/self/environ'))
    warn(`These variables are not UTF-8, so the command gets them changed: ${changed.join(', ')}`);
}

/** U+FFFD takes the place of bytes that are not UTF-8. A text may also contain it by itself. */
function mayBeChanged(text: string): boolean {
  return text.includes('\ufffd');
}

/** Whether a file of /proc is UTF-8; also true if it cannot be read. */
function isText(file: string): boolean {
  try {
    return isUtf8(readFileSync(file));
  } catch {
    return true;
  }
}
