import type { Call } from '../host/call';
import { readProperty, writeProperty } from '../host/properties';
import { appArgument } from './arguments';

/** `post-app-clone-setup <old> <new>`: copies the properties. The clone has no history: it has never been built. */
export function postAppCloneSetup({ host, args }: Call): undefined {
  const [from, to] = [appArgument(args[0]), appArgument(args[1])];
  const retention = readProperty(host, from, 'retention');
  if (retention !== '') writeProperty(host, to, 'retention', retention);
}
