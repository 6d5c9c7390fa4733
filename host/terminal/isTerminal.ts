import { fstatSync } from 'node:fs';
import type * as tty from 'node:tty';

const DEV_NULL = 0x103; // major 1, minor 3 (null(4))

/** Whether the descriptor `fd` is a terminal. */
export function isTerminal(fd: number): boolean {
  try {
    const stat = fstatSync(fd); // spares pipes, files and /dev/null the 3 ms that loading node:tty takes
    if (!stat.isCharacterDevice() || stat.rdev === DEV_NULL) return false;
  } catch {
    return false;
  }
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- loaded only where it can matter
  const { isatty } = require('node:tty') as typeof tty;
  return isatty(fd);
}
