import { lstatSync } from 'node:fs';

/**
 * A text for the state of the file or directory at `path`; '' if there is none. The text differs after any change, or
 * if another file has taken its place: unlike other times, the time of a change (ctime) cannot be set. A link is not
 * followed.
 */
export function fileVersion(path: string): string {
  const stat = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  return stat === undefined ? '' : `${stat.ino} ${stat.size} ${stat.ctimeNs}`;
}
