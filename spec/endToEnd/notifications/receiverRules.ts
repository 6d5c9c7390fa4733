import Ajv from 'ajv';

import type { FormatName } from '../../../subscribers/notifications/formats/format';
import type { Received } from './receiver';

/*
 * What each receiver takes, by its documentation, and nothing beyond what this program is to use of it: a key that a
 * receiver does not know is a mistake here, though many receivers would pass over it.
 */

type Rule = (received: Pick<Received, 'path' | 'headers' | 'body'>) => string | undefined;

const text = (maxLength: number, minLength = 1) => ({ type: 'string', minLength, maxLength }) as const;
const object = (properties: object, required: string[] = Object.keys(properties)) =>
  ({ type: 'object', properties, required, additionalProperties: false }) as const;
const list = (items: object, maxItems: number) => ({ type: 'array', items, minItems: 1, maxItems }) as const;

/** A message of at most 40,000 characters; 100 attachments; a colour is a word or hexadecimal. */
const slack = object({
  attachments: list(
    object({
      fallback: text(4000),
      color: { type: 'string', pattern: '^#[0-9a-f]{6}$' },
      pretext: text(3000),
      fields: { ...list(object({ title: text(300), value: text(2000), short: { type: 'boolean' } }), 10), minItems: 0 },
      mrkdwn_in: list({ enum: ['text', 'pretext', 'fields'] }, 3),
    }),
    100,
  ),
});

/** At most 10 embeds with 6000 characters together, which the sum of these is below. */
const discord = object({
  embeds: list(
    object(
      {
        title: text(256),
        color: { type: 'integer', minimum: 0, maximum: 0xff_ff_ff },
        fields: {
          ...list(object({ name: text(256), value: text(1024), inline: { type: 'boolean' } }), 25),
          minItems: 0,
        },
        timestamp: { type: 'string', pattern: String.raw`^\d{4}-\d\d-\d\dT[\d:.]+Z$` },
      },
      ['title', 'color', 'fields'],
    ),
    10,
  ),
  allowed_mentions: object({ parse: { type: 'array', items: { enum: ['roles', 'users', 'everyone'] }, maxItems: 0 } }),
});

const run = object(
  {
    type: { const: 'TextRun' },
    text: text(28_000),
    weight: { enum: ['lighter', 'default', 'bolder'] },
    size: { enum: ['small', 'default', 'medium', 'large', 'extraLarge'] },
    color: { enum: ['default', 'dark', 'light', 'accent', 'good', 'warning', 'attention'] },
    fontType: { enum: ['default', 'monospace'] },
  },
  ['type', 'text'],
);

/** Adaptive Cards 1.4, of which rich text blocks are a part since 1.2, in the envelope of Teams. */
const teams = object({
  type: { const: 'message' },
  attachments: list(
    object({
      contentType: { const: 'application/vnd.microsoft.card.adaptive' },
      contentUrl: { type: 'null' },
      content: object({
        $schema: { const: 'http://adaptivecards.io/schemas/adaptive-card.json' },
        type: { const: 'AdaptiveCard' },
        version: { const: '1.4' },
        fallbackText: text(28_000),
        body: list(
          object(
            {
              type: { const: 'RichTextBlock' },
              spacing: { enum: ['none', 'small', 'default'] },
              inlines: list(run, 10),
            },
            ['type', 'inlines'],
          ),
          50,
        ),
      }),
    }),
    1,
  ),
});

/** Times in ms; without one Grafana takes the time of the request. */
const grafana = object(
  {
    time: { type: 'integer', minimum: 1_000_000_000_000 },
    timeEnd: { type: 'integer', minimum: 1_000_000_000_000 },
    tags: list(text(100), 10),
    text: text(100_000),
  },
  ['tags', 'text'],
);

const github = object({
  state: { enum: ['error', 'failure', 'pending', 'success'] },
  context: text(255),
  description: text(140),
});

const gitlab = object({
  state: { enum: ['pending', 'running', 'success', 'failed', 'canceled', 'skipped'] },
  name: text(255),
  description: text(255),
});

const ajv = new Ajv({ strict: true, allowUnionTypes: true });

function json(schema: object, more: Rule = () => undefined): Rule {
  const validate = ajv.compile(schema);
  return (received) => {
    if (received.headers['content-type'] !== 'application/json; charset=utf-8') return 'the content type';
    return validate(JSON.parse(received.body)) ? more(received) : ajv.errorsText(validate.errors);
  };
}

const plain: Rule = ({ headers }) =>
  headers['content-type'] === 'text/plain; charset=utf-8' ? undefined : 'the content type';

const ntfy: Rule = (received) => {
  const { headers, body } = received;
  const { title = '', tags = '', priority = '' } = headers as Record<string, string>;
  if (!/^[\x20-\x7e]{1,300}$/.test(title)) return 'the title';
  if (!/^[a-z0-9_+-]+(,[a-z0-9_+-]+)*$/.test(tags)) return 'the tags';
  if (!/^[1-5]$/.test(priority)) return 'the priority';
  return body === '' || Buffer.byteLength(body) > 4096 ? 'the size' : plain(received);
};

const ofCommit: Rule = ({ path }) => (/\/statuses\/[0-9a-f]{40}$/.test(path) ? undefined : 'the path');

const authorized =
  (rule: Rule): Rule =>
  (received) =>
    /^Bearer \S+$/.test(received.headers.authorization ?? '') ? rule(received) : 'the authorization';

/** What the receiver of a format finds wrong with a request; undefined if it takes it. */
export const rules: Readonly<Record<Exclude<FormatName, 'json'>, Rule>> = {
  text: plain,
  slack: json(slack),
  discord: json(discord, ({ body }) => (body.length > 6000 ? 'the size' : undefined)),
  teams: json(teams, ({ body }) => (Buffer.byteLength(body) > 28_000 ? 'the size' : undefined)),
  ntfy,
  grafana: authorized(json(grafana)),
  github: authorized(json(github, ofCommit)),
  gitlab: json(gitlab, ofCommit),
  gitea: authorized(json(github, ofCommit)),
};
