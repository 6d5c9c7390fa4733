import { hostname } from 'node:os';

import { ulid } from 'ulid';

import { Failure } from '../host/failure';
import { resolveNotifySettings } from '../subscribers/notifications/settings';
import { appBuilds } from '../host/dokku/paths';
import { endedAt, endedText, forgetEnded } from '../subscribers/notifications/endedReceivers';
import { formats } from '../subscribers/notifications/formats/format';
import { jsonPost, testJson } from '../subscribers/notifications/formats/json';
import { testMessage } from '../subscribers/notifications/formats/message';
import { readQueue } from '../subscribers/notifications/queue/queue';
import { forgetUndelivered, readUndelivered, undeliveredText } from '../subscribers/notifications/undelivered';
import { postMessage } from '../subscribers/notifications/webhook/webhook';
import { type CommandCall, defineCommand } from './definition/command';
import { anApp, aSwitch } from './definition/flags';
import { printDetails } from './shared/details';

const LABEL_COLUMNS = 12;

const args = { app: anApp() };
const flags = { test: aSwitch('post a test message, and print the result') };

export const notify = defineCommand({
  description: 'Show where notifications of an app go or post a test message',
  args,
  flags,
  example: 'shop --test',
  run: showOrTest,
});

/** Only the host of a url is shown, because the rest is often a secret. */
async function showOrTest(call: CommandCall<typeof args, typeof flags>): Promise<undefined> {
  const { host, output, now } = call;
  const { app } = call.args;
  const builds = appBuilds(host, app);
  const settings = resolveNotifySettings(host, app);
  if (settings === undefined) throw new Failure(`No notify-url is set for ${app} (see builds:set ${app} notify-url)`);
  const { url, scope, secret, header, format, on, logLines } = settings;

  if (!call.flags.test) {
    const waiting = readQueue(builds.buildsRoot).filter(
      ({ target, notification }) => target === 'receiver' && notification.app === app,
    );
    output.viewTitle(`Notifications of ${app}`);
    const details = [
      ['Receiver', `${url.origin}${scope === '--global' ? ' (global)' : ''}`],
      ['Format', format],
      ['On', [...on].join(', ')],
      ['Log lines', String(logLines)],
      ['Signed', secret === undefined ? 'no' : 'yes'],
      ['Header', header === undefined ? 'no' : header.name],
      ['Waiting', String(waiting.length)],
    ] as const;
    printDetails(output, details, LABEL_COLUMNS);
    const ended = endedAt(builds.buildsRoot, settings);
    if (ended !== undefined) output.warn(endedText(ended));
    const undelivered = readUndelivered(builds.directory);
    if (undelivered !== undefined) output.warn(undeliveredText(undelivered));
    return;
  }

  const id = ulid();
  const message = testMessage(app, hostname());
  const post = format === 'json' ? jsonPost(testJson(message, id, now), url) : formats[format](message, url);
  if (post === undefined)
    throw new Failure(`There is no test message in the format ${format}: a status belongs to a commit`);
  output.step(`Posting a test message to ${url.origin}${secret === undefined ? '' : ', signed'}`);
  output.flush();
  const reply = await postMessage({ post, id, on: 'test', secret, header });
  if (!reply.delivered) throw new Failure(`The test message was not taken: ${reply.reason}`);
  output.note(`Taken with status ${reply.status}`);
  forgetUndelivered(builds.directory);
  forgetEnded(builds.buildsRoot, scope);
}
