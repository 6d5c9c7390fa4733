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
  const above = plain(text);
  const fields = labeled(message).map(([title, value]) => ({
    title,
    value: code(value),
    short: title !== 'Why' && title !== 'More',
  }));
  const body = {
    attachments: [{ fallback: above, color: COLOURS[on], pretext: above, fields, mrkdwn_in: ['fields'] }],
  };
  return jsonPost(body, url);
}

/**
 * The text above an attachment, without mentions and markup. In Mattermost it is Markdown and mentions people, and the
 * name of a key is in it. A zero-width space after an @ keeps it from being a mention.
 */
function plain(text: string): string {
  return withEntities(text.replace(/[`*~[\]#|\\]|(?<![a-z0-9])_/gi, "'").replaceAll('@', '@\u200b'));
}

/** In code nothing is a mention, a link or markup, in Slack or in Mattermost. */
function code(value: string): string {
  return `\`${withEntities(value.replaceAll('`', "'"))}\``;
}
