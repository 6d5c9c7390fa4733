import { gitea, github, gitlab } from './commitStatus';
import { discord } from './discord';
import { grafana } from './grafana';
import type { Message } from './message';
import { ntfy } from './ntfy';
import { slack } from './slack';
import { teams } from './teams';
import { text } from './text';

/** A request to a receiver. */
export interface Post {
  readonly url: URL;
  readonly contentType: string;
  /** Besides those that every request has. Printable ASCII. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * A format of messages: the request that posts a message to the receiver at `url`; undefined if the receiver has no
 * use for this message.
 */
export type Format = (message: Message, url: URL) => Post | undefined;

/** The formats besides `json`, by the value of `notify-format`. */
export const formats = {
  text,
  slack,
  discord,
  teams,
  ntfy,
  grafana,
  github,
  gitlab,
  gitea,
} as const satisfies Record<string, Format>;

/** Every value of `notify-format`. */
export const formatNames = ['json', ...(Object.keys(formats) as (keyof typeof formats)[])] as const;

export type FormatName = (typeof formatNames)[number];
