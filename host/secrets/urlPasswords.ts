import type { Range } from './ranges';

/** The characters behind `://` that can be a user, a password and a host. No more than 512 are searched. */
const AUTHORITY = /[^\s"'`<>()[\]{}\\/?#]{0,512}/y;

/**
 * The passwords in `line`, of urls with a user and a password. A url such as `https://token@host` has none. Takes time
 * in proportion to the line.
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
