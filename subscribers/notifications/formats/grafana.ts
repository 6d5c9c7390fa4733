import type { Post } from './format';
import { jsonPost } from './json';
import { labeled, type Message, withEntities } from './message';

/**
 * An annotation of Grafana, from the start of the build to its end; the url ends in `/api/annotations`
 * (grafana.com/docs/grafana/latest/developers/http_api/annotations).
 */
export function grafana(message: Message, url: URL): Post {
  const { on, app, host, text, revision, startedAt, finishedAt } = message;
  const lines = [text, ...labeled(message).map(([label, value]) => `${label}: ${value}`)];
  const body = {
    ...(startedAt !== undefined && { time: Math.round(startedAt) }),
    ...(finishedAt !== undefined && { timeEnd: Math.round(finishedAt) }),
    tags: [
      'dokku',
      `app:${app}`,
      `status:${on}`,
      `host:${host}`,
      ...(revision === undefined ? [] : [`commit:${revision}`]),
    ],
    text: lines.map(withEntities).join('\n'), // it is shown as HTML
  };
  return jsonPost(body, url);
}
