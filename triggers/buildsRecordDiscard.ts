import type { Call } from '../host/call';
import { UnknownBuild } from '../journal/commands';
import { changeHistory } from '../subscribers/changeHistory';
import { contextOf } from '../subscribers/recordDeploy';
import { underItsName } from '../subscribers/renamedApps';
import { buildArguments } from './arguments';

/**
 * `builds-record-discard <app> <build-id>`: a sync found nothing to build. The record and the log of the running build
 * are removed, the history keeps the fact. A build that has ended stays.
 */
export function buildsRecordDiscard({ host, output, args }: Call): undefined {
  const named = buildArguments(args);
  if (named === undefined) return;
  try {
    underItsName(host, named.app, named.build, (app) => {
      changeHistory(contextOf(host, app, output.warn), 'own', () => [{ type: 'DiscardBuild', build: named.build }]);
    });
  } catch (error) {
    if (!(error instanceof UnknownBuild)) throw error;
    output.warn(`No build record found for ${named.app}/${named.build}`);
  }
}
