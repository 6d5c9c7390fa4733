import type { Host } from '../../host/dokku/environment';
import { buildsRoot } from '../../host/dokku/paths';
import { ownTree, readVersion } from '../../host/plugin/pluginTree';
import type { SessionOptions } from '../../subscribers/fleet/agent/session';
import { type Joined, readJoined, type Role, settingsDirectory } from '../../subscribers/fleet/settings';

/** The fleet that this machine joined as `role`. Throws as {@link readJoined} does. */
export function joinedAs(host: Host, role: Role): Joined {
  return readJoined(settingsDirectory(host, role, process.env), role);
}

/** This host as it is published: under the id and the name that it joined by. */
export function publishedHost(
  host: Host,
  { id, name }: Joined,
): Pick<SessionOptions, 'host' | 'name' | 'program' | 'buildsRoot'> {
  const program = readVersion(ownTree()) ?? 'unknown'; // it runs from its source
  return { host: id, name, program, buildsRoot: buildsRoot(host) };
}
