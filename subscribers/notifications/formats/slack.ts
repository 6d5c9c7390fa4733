import type { Post } from './format';
import { jsonPost } from './json';
import { COLOURS, labeled, type Message, withEntities } from './message';

/**
 * A message for an incoming webhook of Slack, or of Mattermost, which takes the same: attachments and not blocks,
 * which Mattermost does not know (docs.slack.dev/messaging/sending-messages-using-incoming-webhooks,
 * developers.mattermost.com/integrate/webhooks/incoming).
 */
export function slack(message: Message, url: URL): Post {
  const { on, text } = message;
  const fields = labeled(message).map(([title, value]) => ({
    title,
    value: code(value),
    short: title !== 'Why' && title !== 'More',
  }));
  const body = {
    attachments: [
      { fallback: withEntities(text), color: COLOURS[on], pretext: withEntities(text), fields, mrkdwn_in: ['fields'] },
    ],
  };
  return jsonPost(body, url);
}

/** In code nothing is a mention, a link or markup, in Slack or in Mattermost. */
function code(value: string): string {
  return `\`${withEntities(value.replaceAll('`', "'"))}\``;
}
