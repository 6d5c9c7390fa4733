import type { Post } from './format';
import { jsonPost } from './json';
import { labeled, type Message, shorten } from './message';

const COLOURS: Readonly<Record<Message['on'], number>> = {
  started: 0x43_9f_e0,
  succeeded: 0x2e_b6_7d,
  failed: 0xe0_1e_5a,
  canceled: 0x80_80_80,
  abandoned: 0xe0_1e_5a,
  test: 0x80_80_80,
};

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
    color: COLOURS[on],
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
