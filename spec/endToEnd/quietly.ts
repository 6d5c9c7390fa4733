import type { Result } from '../../scripts/sandbox/host';

/**
 * Whether a call told no more than it should: no stack trace, nothing internal, none of the secrets that lie about.
 */
export function quietly({ stdout, stderr }: Result): boolean {
  return !holdsStackTrace(stdout + stderr) && !/TOP SECRET|Internal error/.test(stdout + stderr);
}

/** Whether the text holds a line of a JavaScript stack trace. */
export function holdsStackTrace(text: string): boolean {
  return /^( !)?\s+at .*(:\d+:\d+\)?|<anonymous>|native)$/m.test(text);
}
