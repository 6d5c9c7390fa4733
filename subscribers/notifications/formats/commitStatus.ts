import { shorten } from '../../../host/printable';
import type { Post } from './format';
import { jsonPost } from './json';
import type { Message } from './message';

/*
 * Statuses of commits. The url is that of a repository's statuses, the commit is added to it. A message without a
 * commit has no use.
 */

type States = Readonly<Record<Exclude<Message['on'], 'test'>, string>>;

const GITHUB_STATES: States = {
  started: 'pending',
  succeeded: 'success',
  failed: 'failure',
  canceled: 'error',
  abandoned: 'error',
};

const GITLAB_STATES: States = {
  started: 'running',
  succeeded: 'success',
  failed: 'failed',
  canceled: 'canceled',
  abandoned: 'failed',
};

/** For `https://api.github.com/repos/<owner>/<repository>/statuses` (docs.github.com/rest/commits/statuses). */
export function github(message: Message, url: URL): Post | undefined {
  return status(message, url, (on, { context, description }) => ({
    state: GITHUB_STATES[on],
    context,
    description: shorten(description, 140),
  }));
}

/** For `https://<host>/api/v1/repos/<owner>/<repository>/statuses`; Forgejo has the same. */
export function gitea(message: Message, url: URL): Post | undefined {
  return github(message, url);
}

/** For `https://gitlab.com/api/v4/projects/<id>/statuses` (docs.gitlab.com/api/commits). */
export function gitlab(message: Message, url: URL): Post | undefined {
  return status(message, url, (on, { context, description }) => ({
    state: GITLAB_STATES[on],
    name: context,
    description: shorten(description, 255),
  }));
}

function status(
  { on, app, text, why, revision }: Message,
  url: URL,
  toBody: (on: keyof States, said: { readonly context: string; readonly description: string }) => object,
): Post | undefined {
  if (on === 'test' || revision === undefined) return undefined;
  const ofCommit = new URL(url);
  ofCommit.pathname = `${url.pathname.replace(/\/+$/, '')}/${encodeURIComponent(revision)}`;
  const description = why === undefined ? text : `${text}: ${why}`;
  const body = toBody(on, { context: `dokku/${app}`, description });
  return jsonPost(body, ofCommit);
}
