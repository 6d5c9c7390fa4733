import type { Post } from './format';
import { jsonPost } from './json';
import { labeled, type Message } from './message';

const COLOURS: Readonly<Record<Message['on'], string>> = {
  started: 'accent',
  succeeded: 'good',
  failed: 'attention',
  canceled: 'warning',
  abandoned: 'attention',
  test: 'default',
};

/**
 * An Adaptive Card for the trigger "When a Teams webhook request is received" of a workflow of Microsoft Teams
 * (learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors, adaptivecards.io/explorer). All text is in
 * runs: in them nothing is markup.
 */
export function teams(message: Message, url: URL): Post {
  const title = { type: 'TextRun', text: message.text, weight: 'bolder', size: 'medium', color: COLOURS[message.on] };
  const parts = labeled(message).map(([label, value]) => ({
    type: 'RichTextBlock',
    spacing: 'small',
    inlines: [
      { type: 'TextRun', text: `${label}: `, weight: 'bolder' },
      { type: 'TextRun', text: value, fontType: 'monospace' },
    ],
  }));
  const card = {
    $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
    type: 'AdaptiveCard',
    version: '1.4',
    fallbackText: message.text,
    body: [{ type: 'RichTextBlock', inlines: [title] }, ...parts],
  };
  const body = {
    type: 'message',
    attachments: [{ contentType: 'application/vnd.microsoft.card.adaptive', contentUrl: null, content: card }],
  };
  return jsonPost(body, url);
}
