/**
 * A failure the user can act on: one sentence, and the exit status the contract gives it (1, or 20 for an app that does
 * not exist). Thrown anywhere, turned into ` !     message` and the exit status in one place, the entry point.
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

/** Exit status 20: the app does not exist, or is not one that the caller may see. */
export class AppDoesNotExist extends Failure {
  constructor(app: string) {
    super(`App ${printable(app)} does not exist`, 20);
  }
}

/** `text` with control characters shown as escapes: whole, and safe to print to a terminal. */
export function visible(text: string): string {
  return text.replace(CONTROL, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`);
}

/** The same with at most 120 characters of `text`, to be quoted in a message. */
export function printable(text: string): string {
  return visible(text.length > QUOTED_CHARACTERS ? `${text.slice(0, QUOTED_CHARACTERS - 3)}...` : text);
}

const QUOTED_CHARACTERS = 120;

// eslint-disable-next-line no-control-regex -- they are what is looked for
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** The `code` of a system error such as `ENOENT`; undefined for anything else. */
export function errorCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** What a system error says, without its code and the call: `permission denied`. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return errorCode(error) === undefined
    ? error.message
    : error.message.replace(/^[A-Z0-9]+: /, '').replace(/, \w+.*$/s, '');
}
