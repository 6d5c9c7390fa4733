import type { Call } from '../host/call';
import { appBuilds } from '../host/dokku/paths';
import { UnknownBuild } from '../journal/decide';
import { catchUp } from '../projections/records/catchUp';
import { settle } from '../projections/records/updateFiles';
import { buildArguments } from './arguments';
import { handleOrTidy } from './recording';
import { tellOthers } from '../subscribers/notifySubscribers';

/**
 * `builds-record-discard <app> <build-id>`: a sync found nothing to build. The record and the log of the running build go, the
 * history keeps the fact. A build that has ended stays.
 */
export function buildsRecordDiscard({ host, output, args }: Call): undefined {
  const named = buildArguments(args);
  if (named === undefined) return;
  const builds = appBuilds(host, named.app);
  const now = Date.now();
  try {
    const command = { type: 'DiscardBuild', build: named.build } as const;
    const handled = handleOrTidy(builds, catchUp(builds, now, output.warn), [command], now, output.warn);
    settle(builds, handled, output.warn);
    tellOthers(host, builds, handled, output.warn);
  } catch (error) {
    if (!(error instanceof UnknownBuild)) throw error;
    output.warn(`No build record found for ${named.app}/${named.build}`);
  }
}
