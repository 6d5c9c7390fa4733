import { isUtf8 } from 'node:buffer';
import { readFileSync } from 'node:fs';

import { Failure } from '../../host/failure';

/**
 * The runtime reads arguments and variables as UTF-8, so a command would get other bytes where they are something
 * else. Refuses such arguments, and warns of such variables. Throws {@link Failure}.
 */
export function checkBytes(words: readonly string[], env: NodeJS.ProcessEnv, warn: (message: string) => void): void {
  if (words.some(mayBeChanged) && !isText('/proc/self/cmdline')) {
    throw new Failure('An argument of the command is not UTF-8, and would be changed: put the command into a script');
  }
  const changed = Object.keys(env).filter((name) => mayBeChanged(env[name] ?? ''));
  if (changed.length > 0 && !isText('/proc/self/environ'))
    warn(`The command gets variables changed that are not UTF-8: ${changed.join(', ')}`);
}

/** What is put in place of bytes that are not UTF-8; it can stand in a text, too. */
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
