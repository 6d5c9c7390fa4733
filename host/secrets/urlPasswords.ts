import type { Range } from './ranges';

/** What may stand between `://` and the host's name; a longer one is none. */
const AUTHORITY = /[^\s"'`<>()[\]{}\\/?#]{0,512}/y;

/**
 * Where `line` holds a url with a user and a password, that password; of `https://token@host`, nothing. Takes time in
 * proportion to the line.
 */
export function findUrlPasswords(line: string): Range[] {
  const ranges: Range[] = [];
  for (let at = line.indexOf('://'); at >= 0; at = line.indexOf('://', at + 1)) {
    const start = at + '://'.length;
    AUTHORITY.lastIndex = start;
    const authority = AUTHORITY.exec(line)?.[0] ?? '';
    const [colon, end] = [authority.indexOf(':'), authority.lastIndexOf('@')];
    if (colon >= 0 && colon < end) ranges.push({ start: start + colon + 1, end: start + end });
  }
  return ranges;
}
