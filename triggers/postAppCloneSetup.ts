import type { Call } from '../host/call';
import { propertiesDirectory } from '../host/dokku/paths';
import { readProperty, writeProperty } from '../host/dokku/properties';
import { listDirectory } from '../host/files/files';
import { appArgument } from './arguments';

/** `retention`, `notify-url` and the like; not the temporary file of a writer that was killed. */
const PROPERTY = /^[a-z]+(?:-[a-z]+)*$/;

/** `post-app-clone-setup <old> <new>`: copies the properties. The clone has no history: it has never been built. */
export function postAppCloneSetup({ host, args }: Call): undefined {
  const [from, to] = [appArgument(args[0]), appArgument(args[1])];
  for (const property of listDirectory(propertiesDirectory(host, from)).filter((name) => PROPERTY.test(name))) {
    const value = readProperty(host, from, property);
    if (value !== '') writeProperty(host, to, property, value);
  }
}
