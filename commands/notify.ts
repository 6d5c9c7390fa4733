import { hostname } from 'node:os';

import { ulid } from 'ulid';

import { requireApp } from '../host/dokku/apps';
import { parseArguments } from '../host/arguments';
import type { Call } from '../host/call';
import { Failure } from '../host/failure';
import { resolveNotifySettings } from '../subscribers/notifications/settings';
import { appBuilds } from '../host/dokku/paths';
import { postMessage } from '../subscribers/notifications/webhook/webhook';
import { testMessageJson } from '../subscribers/notifications/message';
import { readQueue } from '../subscribers/notifications/queue/queue';
import { endedAt, endedText, forgetEnded } from '../subscribers/notifications/endedReceivers';
import { forgetUndelivered, readUndelivered, undeliveredText } from '../subscribers/notifications/undelivered';
import { refuseSurplus, takeApp } from './shared/positionals';

/**
 * `builds:notify <app> [--test]`: where notifications of the app go and what waits; with `--test` a message is posted now, and what came
 * back is said. Of the url only the host is shown: the rest of it often is a secret.
 */
export async function notify({ host, output, args }: Call): Promise<undefined> {
  const { positionals, switches } = parseArguments(args, { test: 'switch' });
  const named = takeApp(host, positionals);
  refuseSurplus(named.others, 0);
  const app = requireApp(host, named.app);
  const builds = appBuilds(host, app);
  const settings = resolveNotifySettings(host, app);
  if (settings === undefined) throw new Failure(`No notify-url is set for ${app} (see builds:set ${app} notify-url)`);
  const { url, scope, secret, on, logLines } = settings;

  if (!switches.has('test')) {
    const waiting = readQueue(builds.buildsRoot).filter(
      ({ target, notification }) => target === 'receiver' && notification.app === app,
    );
    output.viewTitle(`Notifications of ${app}`);
    for (const [label, value] of [
      ['Receiver:', `${url.origin}${scope === '--global' ? ' (global)' : ''}`],
      ['On:', [...on].join(', ')],
      ['Log lines:', String(logLines)],
      ['Signed:', secret === undefined ? 'no' : 'yes'],
      ['Waiting:', String(waiting.length)],
    ] as const) {
      output.verbose(`${label.padEnd(12)}${value}`);
    }
    const ended = endedAt(builds.buildsRoot, settings);
    if (ended !== undefined) output.warn(endedText(ended));
    const undelivered = readUndelivered(builds.directory);
    if (undelivered !== undefined) output.warn(undeliveredText(undelivered));
    return;
  }

  output.step(`Posting a test message to ${url.origin}${secret === undefined ? '' : ', signed'}`);
  output.flush();
  const id = ulid();
  const reply = await postMessage({
    url,
    id,
    on: 'test',
    secret,
    body: testMessageJson(app, id, hostname(), Date.now()),
  });
  if (!reply.delivered) throw new Failure(`The test message was not taken: ${reply.reason}`);
  output.verbose(`Taken with status ${reply.status}`);
  forgetUndelivered(builds.directory);
  forgetEnded(builds.buildsRoot, scope);
}
