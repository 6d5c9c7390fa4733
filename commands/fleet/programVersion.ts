import { ownTree, readVersion } from '../../host/dokku/pluginTree';

/** Version of this program, from its plugin tree; 'unknown' where it runs from its source. */
export function programVersion(): string {
  return readVersion(ownTree()) ?? 'unknown';
}
