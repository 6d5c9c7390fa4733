/** What a key does, for people: on the help screen and in the manual page. */
export interface KeyHelp {
  readonly keys: string;
  readonly does: string;
  /** Works only on the host of the builds, because it needs their logs or processes. */
  readonly local?: true;
}

/** Every key, by where it works. */
export const watchKeys: Readonly<Record<'List of builds' | 'Log of a build' | 'Everywhere', readonly KeyHelp[]>> = {
  'List of builds': [
    { keys: '↑ ↓, j k', does: 'select a build' },
    { keys: 'PgUp PgDn, g G', does: 'ten builds up or down, first, last' },
    { keys: 'Enter, o', does: 'open the log of the selected build', local: true },
    { keys: '/', does: 'filter by app, build, status, source, user' },
    { keys: 'q', does: 'quit' },
  ],
  'Log of a build': [
    { keys: '↑ ↓, j k', does: 'scroll', local: true },
    { keys: 'PgUp PgDn, g G', does: 'a page up or down, beginning, end', local: true },
    { keys: 'w', does: 'wrap long lines, or not', local: true },
    { keys: '← →, h l', does: 'scroll sideways in lines that are not wrapped', local: true },
    { keys: '/', does: 'show only lines with a text', local: true },
    { keys: 'f', does: 'follow the end of the log, or stop', local: true },
    { keys: 'q, Escape', does: 'back to the list', local: true },
  ],
  Everywhere: [
    { keys: 'c', does: 'cancel the build, after a question', local: true },
    { keys: '?', does: 'show this help' },
    { keys: 'Ctrl-C', does: 'quit' },
    { keys: 'Ctrl-Z', does: 'suspend' },
  ],
};

/** Names of the keys that are not a character. */
const NAMES: Readonly<Record<string, string>> = {
  '\u001b[A': 'up',
  '\u001bOA': 'up',
  '\u001b[B': 'down',
  '\u001bOB': 'down',
  '\u001b[C': 'right',
  '\u001bOC': 'right',
  '\u001b[D': 'left',
  '\u001bOD': 'left',
  '\u001b[5~': 'pageup',
  '\u001b[6~': 'pagedown',
  '\u001b[H': 'home',
  '\u001bOH': 'home',
  '\u001b[1~': 'home',
  '\u001b[F': 'end',
  '\u001bOF': 'end',
  '\u001b[4~': 'end',
  '\u001b': 'escape',
  '\r': 'enter',
  '\n': 'enter',
  '\b': 'backspace',
  '\u007f': 'backspace',
  '\u0003': 'interrupt',
  '\u0004': 'interrupt',
  '\u001a': 'suspend',
};

// eslint-disable-next-line no-control-regex -- keys are control characters
const KEY = /\u001b\[[0-9;]*[A-Za-z~]|\u001bO[A-Z]|[^]/gu;

/** The keys in what was typed: each by its name, or the character that it types. */
export function keysOf(typed: string): string[] {
  return [...typed.matchAll(KEY)].map(([key]) => NAMES[key] ?? key);
}
