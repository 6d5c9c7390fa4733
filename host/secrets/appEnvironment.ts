import { join } from 'node:path';

import type { Host } from '../dokku/environment';
import type { AppName } from '../dokku/names';
import { appRoot } from '../dokku/paths';
import { readSmallFile } from '../files/openFile';

/** A variable of an app's environment. */
export interface Variable {
  readonly name: string;
  readonly value: string;
}

const LIMIT_BYTES = 1024 * 1024;

/**
 * The environment of `app` as `dokku config:set` stores it, the global one included: `$DOKKU_ROOT/<app>/ENV` and
 * `$DOKKU_ROOT/ENV`, lines for a shell such as `export NAME='value'`. No file is an empty environment. Throws
 * `Failure` for a link or more than 1 MiB, and system errors.
 */
export function readAppEnvironment(host: Host, app: AppName): Variable[] {
  return environmentFiles(host, app).flatMap((path) => parseEnvironment(readSmallFile(path, LIMIT_BYTES) ?? ''));
}

/** The files that hold the environment of `app`. They need not be there. */
export function environmentFiles(host: Host, app: AppName): string[] {
  return [appRoot(host, app), host.dokkuRoot].map((directory) => join(directory, 'ENV'));
}

/**
 * The variables that `text` sets, as a shell would read their values, without expansions. A line that sets none is
 * ignored; a quote that is not closed ends with the text. Takes time in proportion to the text.
 */
export function parseEnvironment(text: string): Variable[] {
  const variables: Variable[] = [];
  for (let at = 0; at < text.length; at = lineEnd(text, at)) {
    ASSIGNMENT.lastIndex = at;
    const assignment = ASSIGNMENT.exec(text);
    if (assignment === null) continue;
    const word = readWord(text, ASSIGNMENT.lastIndex);
    variables.push({ name: assignment[1] ?? '', value: word.value });
    at = word.end;
  }
  return variables;
}

const ASSIGNMENT = /[ \t]*(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_.-]*)=/y;

/** One piece of a word: in single quotes, in `$'…'`, in double quotes, after a backslash, or as it is. */
const PIECE = /'([^']*)'?|\$'([^'\\]*(?:\\[^][^'\\]*)*)'?|"([^"\\]*(?:\\[^][^"\\]*)*)"?|\\([^]?)|([^\s'"\\$]+|\$)/y;

function readWord(text: string, start: number): { readonly value: string; readonly end: number } {
  let value = '';
  let end = start;
  for (;;) {
    PIECE.lastIndex = end;
    const piece = PIECE.exec(text);
    if (piece === null) return { value, end };
    end = PIECE.lastIndex;
    const [, single, ansi, double, escaped, plain] = piece;
    if (ansi !== undefined) value += ansi.replace(ANSI_ESCAPE, ansiCharacter);
    else if (double !== undefined) value += double.replace(/\\([\\"$`])|\\\n/g, '$1');
    else value += single ?? plain ?? (escaped === '\n' ? '' : (escaped ?? ''));
  }
}

const ANSI_ESCAPE = /\\(?:x([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{1,4})|([0-7]{1,3})|([^]))/g;
const ANSI_CHARACTERS: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };

function ansiCharacter(_: string, hex?: string, unicode?: string, octal?: string, letter = ''): string {
  const code = hex ?? unicode;
  if (code !== undefined) return String.fromCharCode(Number.parseInt(code, 16));
  if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8));
  return ANSI_CHARACTERS[letter] ?? letter;
}

function lineEnd(text: string, at: number): number {
  const end = text.indexOf('\n', at);
  return end < 0 ? text.length : end + 1;
}
