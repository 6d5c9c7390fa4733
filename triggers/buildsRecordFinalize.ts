import type { Call } from '../host/call';
import { UnknownBuild } from '../journal/commands';
import { recordFinish } from '../subscribers/recordDeploy';
import { buildArguments, wholeNumberArgument } from './arguments';

/**
 * `builds-record-finalize <app> <build-id> <exit-code>`: the first report decides, later ones change nothing. Then,
 * every time, the app's other dead builds are concluded and the retention is applied. A build without a record is a
 * warning, and no failure.
 */
export function buildsRecordFinalize({ host, output, args }: Call): undefined {
  const named = buildArguments(args);
  if (named === undefined) return;
  const exitCode = wholeNumberArgument('exit code', args[2], Number.MIN_SAFE_INTEGER);
  try {
    recordFinish(host, output.warn, named.app, named.build, exitCode);
  } catch (error) {
    if (!(error instanceof UnknownBuild)) throw error;
    output.warn(`No build record found for ${named.app}/${named.build}`);
  }
}
