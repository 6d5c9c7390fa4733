import { shorten } from '../../../host/printable';
import type { Post } from './format';
import { labeled, type Message } from './message';

/** Short codes of emojis, which ntfy shows before the title. */
const TAGS: Readonly<Record<Message['on'], string>> = {
  started: 'hourglass_flowing_sand',
  succeeded: 'white_check_mark',
  failed: 'x',
  canceled: 'no_entry',
  abandoned: 'skull',
  test: 'wave',
};

/** 1 to 5, of which 3 is the default. */
const PRIORITIES: Readonly<Record<Message['on'], number>> = {
  started: 2,
  succeeded: 3,
  failed: 4,
  canceled: 3,
  abandoned: 4,
  test: 3,
};

/** A longer message becomes an attachment. Each of these characters takes at most three bytes. */
const MESSAGE_BYTES = 4096;
const VALUE_CHARACTERS = 200;

/** A message for a topic of ntfy, whose address the url is (docs.ntfy.sh/publish). */
export function ntfy(message: Message, url: URL): Post {
  const parts = labeled(message).map(([label, value]) => `${label}: ${shorten(value, VALUE_CHARACTERS)}`);
  const { on, app, build = '', text } = message;
  return {
    url,
    contentType: 'text/plain; charset=utf-8',
    headers: {
      Title: [app, build, on].filter((part) => part !== '').join(' '),
      Tags: TAGS[on],
      Priority: String(PRIORITIES[on]),
    },
    body: shorten([shorten(text, VALUE_CHARACTERS), ...parts].join('\n'), Math.floor(MESSAGE_BYTES / 3)),
  };
}
