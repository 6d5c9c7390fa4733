import type { Post } from './format';
import { jsonPost } from './json';
import { labeled, type Message } from './message';

const COLOURS: Readonly<Record<Message['on'], string>> = {
  started: '#439fe0',
  succeeded: '#2eb67d',
  failed: '#e01e5a',
  canceled: '#808080',
  abandoned: '#e01e5a',
  test: '#808080',
};

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
    attachments: [{ fallback: escape(text), color: COLOURS[on], pretext: escape(text), fields, mrkdwn_in: ['fields'] }],
  };
  return jsonPost(body, url);
}

/** In code nothing is a mention, a link or markup, in Slack or in Mattermost. */
function code(value: string): string {
  return `\`${escape(value.replaceAll('`', "'"))}\``;
}

/** The three characters that Slack gives a meaning to. */
function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
