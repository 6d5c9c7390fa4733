import { statSync } from 'node:fs';

/**
 * Another text after anything about the file at `path` has changed, or another file has taken its place; '' if there
 * is none. Nobody can set the time of a change (ctime).
 */
export function fileVersion(path: string): string {
  const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
  return stat === undefined ? '' : `${stat.ino} ${stat.size} ${stat.ctimeNs}`;
}
