/*
 * Compares what a page shows with what a command printed. Ids, times, ages, numbers of processes and digests differ
 * from run to run; a line `…` stands for any lines, and `…` in a line for any text.
 */

const VARIES = [
  {
    shown: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/,
    printed: '\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(?:\\.\\d+)?Z',
  },
  { shown: /\d{4}-\d\d-\d\d/, printed: '\\d{4}-\\d\\d-\\d\\d' },
  { shown: /\d\d:\d\d:\d\d/, printed: '\\d\\d:\\d\\d:\\d\\d' },
  { shown: / ?…/, printed: '[^\\n]*' },
  { shown: /\bmw[0-9a-z]{12}\b/, printed: '([0-9a-z]{14})' },
  { shown: /\b(?=[0-9a-f]*[0-9])(?:[0-9a-f]{64}|[0-9a-f]{40}|[0-9a-f]{12}|[0-9a-f]{7,8})\b/, printed: '[0-9a-f]+' },
  { shown: /\b\d+[smhd](?:\d+[smhd])*\b/, printed: '\\d+[smhd](?:\\d+[smhd])*' },
  { shown: /\b\d{3,}\b/, printed: '\\d+' },
  { shown: / +/, printed: ' +' },
] as const;

const ANY = new RegExp(VARIES.map(({ shown }) => `(${shown.source})`).join('|'), 'g');

/** Ids of builds: as a page shows them, and as they are here. */
export type Ids = Map<string, string>;

/** Undefined if `printed` is what `shown` says, else what is wrong. `ids` learns which build is which. */
export function difference(shown: readonly string[], printed: string, ids: Ids): string | undefined {
  const found = new RegExp(`^${shown.map(lineExpression).join('')}$`).exec(
    `${printed.replace(/[ \r]+$/gm, '').trimEnd()}\n`,
  );
  if (found === null && !(shown.length === 0 && printed.trim() === '')) {
    return `shown:\n${shown.join('\n')}\n\nprinted:\n${printed}`;
  }
  const names = shown.filter((line) => line !== '…').flatMap((line) => line.match(/\bmw[0-9a-z]{12}\b/g) ?? []);
  for (const [n, name] of names.entries()) {
    const id = found?.[n + 1] ?? '';
    if (ids.has(name) && ids.get(name) !== id) return `${name} was ${ids.get(name) ?? ''} before, and is ${id} here`;
    ids.set(name, id);
  }
  return undefined;
}

function lineExpression(line: string): string {
  if (line === '…') return '(?:[^\\n]*\\n)*?';
  let expression = '';
  let end = 0;
  for (const match of line.matchAll(ANY)) {
    const groups: readonly (string | undefined)[] = match.slice(1);
    const which = groups.findIndex((one) => one !== undefined);
    expression += escaped(line.slice(end, match.index)) + (VARIES[which]?.printed ?? '');
    end = match.index + match[0].length;
  }
  return `${expression}${escaped(line.slice(end))}\\n`;
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}

/** `command` with the ids of here: whole ones, and beginnings, which get longer so that they name one build. */
export function withIdsOfHere(command: string, ids: Ids): string {
  return command.replace(/\bmw[0-9a-z]{5,12}\b/g, (word) => {
    const known = [...ids].find(([name]) => name.startsWith(word));
    return known === undefined ? word : known[1].slice(0, word.length === 14 ? 14 : 13);
  });
}
