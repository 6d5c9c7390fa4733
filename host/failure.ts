import { printable } from './printable';

export { printable, visible } from './printable';

/**
 * A failure the user can act on: one sentence, and the exit status the contract gives it (1, or 20 for an app that
 * does not exist). Thrown anywhere, turned into ` !     message` and the exit status in one place, the entry point.
 */
export class Failure extends Error {
  readonly exitCode: number;
  /** Set when something may only have been mistyped. */
  readonly mistyped: Mistyped | undefined;

  constructor(message: string, exitCode = 1, mistyped?: Mistyped) {
    super(message);
    this.name = new.target.name;
    this.exitCode = exitCode;
    this.mistyped = mistyped;
  }
}

/** What was given, and all that could have been meant. */
export interface Mistyped {
  readonly given: string;
  readonly known: readonly string[];
}

/** Called with one sentence about something that does not end the work. */
export type Warn = (message: string) => void;

/** Exit status 20: the app does not exist, or is not one that the caller may see. */
export class AppDoesNotExist extends Failure {
  constructor(app: string) {
    super(`App ${printable(app)} does not exist`, 20);
  }
}

/** The `code` of a system error such as `ENOENT`; undefined for anything else. */
export function errorCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** What a system error says, without its code and the call: `permission denied`. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = errorCode(error);
  if (code === undefined) return error.message;
  if ((error as NodeJS.ErrnoException).errno === -EDQUOT) return 'disk quota exceeded';
  const text = error.message.replace(/^[A-Z0-9]+: /, '').replace(/, \w+.*$/s, '');
  return text === 'unknown error' ? `system error ${code}` : text;
}

/** The number of this error in Linux, errno(3). Neither Node.js nor Bun has a text for it. */
const EDQUOT = 122;
