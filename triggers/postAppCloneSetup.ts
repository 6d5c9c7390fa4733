import type { Call } from '../host/call';
import { readProperty, writeProperty } from '../host/dokku/properties';
import { appArgument } from './arguments';

/** Every property that an app can have. */
const PROPERTIES = ['retention', 'notify-url', 'notify-on', 'notify-secret', 'notify-log-lines'];

/** `post-app-clone-setup <old> <new>`: copies the properties. The clone has no history: it has never been built. */
export function postAppCloneSetup({ host, args }: Call): undefined {
  const [from, to] = [appArgument(args[0]), appArgument(args[1])];
  for (const property of PROPERTIES) {
    const value = readProperty(host, from, property);
    if (value !== '') writeProperty(host, to, property, value);
  }
}
