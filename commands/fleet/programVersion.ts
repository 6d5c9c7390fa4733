import { ownTree } from '../../host/dokku/pluginTree';
import { readVersion } from '../host/hostTree';

/** Version of this program, from its plugin tree; 'unknown' where it runs from its source. */
export function programVersion(): string {
  return readVersion(ownTree()) ?? 'unknown';
}
