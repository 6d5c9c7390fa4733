import { appExists } from '../host/dokku/apps';
import type { Call } from '../host/call';
import { printable } from '../host/failure';
import { asSource } from '../journal/events';
import { buildArguments, wholeNumberArgument } from './arguments';
import { recordStart } from './recording';

/**
 * `builds-record-start <app> <build-id> <pid> <source>`: an unknown source is recorded as such, with a warning. A command on an app
 * that does not exist deploys nothing, and leaves nothing that an app made later under that name would find as its history.
 */
export function buildsRecordStart({ host, output, args }: Call): undefined {
  const named = buildArguments(args);
  if (named === undefined) return;
  const pid = wholeNumberArgument('pid', args[2], 1);
  const source = asSource(args[3] ?? '');
  if (source === undefined) output.warn(`Unknown build source "${printable(args[3] ?? '')}", recorded as unknown`);
  if (!appExists(host, named.app)) return;
  recordStart(host, output, named.app, named.build, pid, source ?? 'unknown');
}
