import { shorten } from '../../../host/printable';
import type { Post } from './format';
import { jsonPost } from './json';
import { COLOURS, labeled, type Message } from './message';

/** Discord's limit, in characters. */
const TITLE = 256;

/**
 * A message for a webhook of Discord, with one embed, that mentions nobody
 * (discord.com/developers/docs/resources/webhook).
 */
export function discord(message: Message, url: URL): Post {
  const { on, text, finishedAt, startedAt } = message;
  const at = finishedAt ?? startedAt;
  const embed = {
    title: shorten(escape(text), TITLE),
    color: Number.parseInt(COLOURS[on].slice(1), 16),
    fields: labeled(message).map(([name, value]) => ({
      name,
      value: `\`${value.replaceAll('`', "'")}\``,
      inline: name !== 'Why' && name !== 'More',
    })),
    ...(at !== undefined && { timestamp: new Date(at).toISOString() }),
  };
  const body = { embeds: [embed], allowed_mentions: { parse: [] } };
  return jsonPost(body, url);
}

/** Discord's markup. */
function escape(text: string): string {
  return text.replace(/[\\*_~`|<>[\]#]/g, String.raw`\$&`);
}
