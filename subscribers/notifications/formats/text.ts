import type { Post } from './format';
import { labeled, type Message } from './message';

/** Plain text: the sentence, and a line for each part that has a label. */
export function text(message: Message, url: URL): Post {
  return { url, contentType: 'text/plain; charset=utf-8', body: plainText(message) };
}

/** The message in lines. */
function plainText(message: Message): string {
  return [message.text, ...labeled(message).map(([label, value]) => `${label}: ${value}`), ''].join('\n');
}
