import type { Call } from '../host/call';
import { UnknownBuild } from '../journal/decide';
import { buildArguments, wholeNumberArgument } from './arguments';
import { recordFinish } from './recording';

/**
 * `builds-record-finalize <app> <build-id> <exit-code>`: the first call for a build decides, later ones change nothing; then
 * the retention is applied. A build without a record is warned about, and no failure.
 */
export function buildsRecordFinalize({ host, output, args }: Call): undefined {
  const named = buildArguments(args);
  if (named === undefined) return;
  const exitCode = wholeNumberArgument('exit code', args[2], Number.MIN_SAFE_INTEGER);
  try {
    recordFinish(host, output, named.app, named.build, exitCode);
  } catch (error) {
    if (!(error instanceof UnknownBuild)) throw error;
    output.warn(`No build record found for ${named.app}/${named.build}`);
  }
}
