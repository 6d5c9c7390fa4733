import { statSync } from 'node:fs';

import type { Host } from '../../host/dokku/environment';
import { Failure, printable } from '../../host/failure';
import type { AppName } from '../../host/dokku/names';
import type { PropertyScope } from '../../host/dokku/paths';
import { readProperty } from '../../host/dokku/properties';
import { type FormatName, formatNames } from './formats/format';
import { urlPath } from './notifyUrl';

/** The occasions of a notification, in the order of a build's life: the values of `notify-on`. */
export const occasions = ['started', 'succeeded', 'failed', 'canceled', 'abandoned'] as const;

export type Occasion = (typeof occasions)[number];

/** Where and how the messages about an app are posted. */
export interface NotifySettings {
  readonly url: URL;
  /**
   * The scope that the url is set in. Secret, header and format come from the same scope, so that an app's receiver
   * gets no secret of the host.
   */
  readonly scope: PropertyScope;
  /** When the url was set, ms since the epoch. Earlier events are not notified. */
  readonly since: number;
  readonly secret: string | undefined;
  /** Name and value of a header of every request, usually an authorization. */
  readonly header: Header | undefined;
  readonly format: FormatName;
  readonly on: ReadonlySet<Occasion>;
  readonly logLines: number;
}

export interface Header {
  readonly name: string;
  readonly value: string;
}

const DEFAULT_NOTIFY_ON: readonly Occasion[] = ['failed'];
const DEFAULT_LOG_LINES = 50;
const MOST_LOG_LINES = 1000;
const URL_CHARACTERS = 2048;
const SECRET_CHARACTERS = { least: 16, most: 1024 };

/**
 * Whether `on`, a value of `notify-on`, asks for what happened. `failed` asks for `abandoned`, too: an image build
 * that fails, the usual failure, ends without a report.
 */
export function asksFor(on: ReadonlySet<Occasion>, occasion: Occasion): boolean {
  return on.has(occasion) || (occasion === 'abandoned' && on.has('failed'));
}

/**
 * The settings for `app`: each its own, else the global one, else the default; secret, header and format go with the
 * url. Undefined when no url is set. A stored value that is none is ignored, as if it were not set. Throws system
 * errors.
 */
export function resolveNotifySettings(host: Host, app: AppName): NotifySettings | undefined {
  for (const scope of [app, '--global'] as const) {
    const url = valid(parseNotifyUrl, stored(host, scope, 'notify-url'));
    if (url === undefined) continue;
    return {
      url,
      scope,
      since: setAt(urlPath(host, scope), Date.now()),
      secret: stored(host, scope, 'notify-secret'),
      header: valid(parseHeader, stored(host, scope, 'notify-header')),
      format: valid(parseFormat, stored(host, scope, 'notify-format')) ?? 'json',
      on: resolve(host, app, 'notify-on', parseNotifyOn) ?? new Set(DEFAULT_NOTIFY_ON),
      logLines: resolve(host, app, 'notify-log-lines', parseLogLines) ?? DEFAULT_LOG_LINES,
    };
  }
  return undefined;
}

/** An event is queued this long after its time at the latest, unless its writer was killed. */
const QUEUED_WITHIN_MS = 60_000;

/** When a url was set. If the clock was set back since then, that time is still to come, and new events count. */
function setAt(path: string, now: number): number {
  const at = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  return at > now ? now - QUEUED_WITHIN_MS : at;
}

/**
 * `text` as a url to post to: http or https, no user or password in it. Throws {@link Failure}, with nothing of the
 * text in the message: the path of such a url often is a secret.
 */
export function parseNotifyUrl(text: string): URL {
  // What a URL parser drops silently (line breaks, blanks) never belongs there.
  const url = /^[\x21-\x7e]+$/.test(text) && text.length <= URL_CHARACTERS && URL.canParse(text) && new URL(text);
  if (!url || !['http:', 'https:'].includes(url.protocol)) {
    throw new Failure(
      `Invalid notify-url: must be an http or https url, in plain ASCII, of at most ${URL_CHARACTERS} characters`,
    );
  }
  if (url.username !== '' || url.password !== '') {
    throw new Failure('Invalid notify-url: must hold no user name and no password (see notify-secret)');
  }
  return url;
}

/** `failed,canceled` as a set. Throws {@link Failure}. */
export function parseNotifyOn(text: string): ReadonlySet<Occasion> {
  const words = text.split(',');
  const on = occasions.filter((occasion) => words.includes(occasion));
  if (!words.every((word) => (occasions as readonly string[]).includes(word))) {
    throw new Failure(
      `Invalid notify-on "${printable(text)}": must be one or more of ${occasions.join(', ')}, separated by commas`,
    );
  }
  return new Set(on);
}

/** Lines of the log that go with a message; 0 for none. Throws {@link Failure}. */
export function parseLogLines(text: string): number {
  const lines = /^\d{1,4}$/.test(text) ? Number(text) : Number.NaN;
  if (lines <= MOST_LOG_LINES) return lines;
  throw new Failure(
    `Invalid notify-log-lines "${printable(text)}": must be a whole number from 0 to ${MOST_LOG_LINES}`,
  );
}

/** A key for the signature. Throws {@link Failure}, with nothing of it in the message. */
export function parseSecret(text: string): string {
  const { least, most } = SECRET_CHARACTERS;
  if (/^[\x20-\x7e]+$/.test(text) && text.length >= least && text.length <= most) return text;
  throw new Failure(`Invalid notify-secret: must be ${least} to ${most} printable ASCII characters`);
}

/** `slack` and the like. Throws {@link Failure}. */
export function parseFormat(text: string): FormatName {
  const name = formatNames.find((one) => one === text);
  if (name !== undefined) return name;
  throw new Failure(`Invalid notify-format "${printable(text)}": must be one of ${formatNames.join(', ')}`);
}

/** `Authorization: Bearer abc` as a name and a value. Throws {@link Failure}, with nothing of the value in it. */
export function parseHeader(text: string): Header {
  const [, name = '', value = ''] = HEADER.exec(text) ?? [];
  if (name === '' || text.length > HEADER_CHARACTERS)
    throw new Failure(
      'Invalid notify-header: must be a name, a colon, a blank and a value, ' +
        `in printable ASCII of at most ${HEADER_CHARACTERS} characters`,
    );
  if (OWN_HEADERS.test(name)) throw new Failure(`Invalid notify-header: ${name} cannot be set`);
  return { name, value };
}

const HEADER_CHARACTERS = 4096;
const HEADER = /^([A-Za-z0-9][A-Za-z0-9_-]*): ([\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?)$/;

/** Headers that cannot be set: they describe the message, or how it is sent. */
const OWN_HEADERS =
  /^(?:host|connection|content-.*|transfer-encoding|te|trailer|upgrade|expect|keep-alive|proxy-.*|user-agent|x-dokku-builds-.*)$/i;

function resolve<T>(host: Host, app: AppName, property: string, parse: (text: string) => T): T | undefined {
  return valid(parse, stored(host, app, property)) ?? valid(parse, stored(host, '--global', property));
}

function valid<T>(parse: (text: string) => T, text: string | undefined): T | undefined {
  try {
    return text === undefined ? undefined : parse(text);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return undefined;
  }
}

function stored(host: Host, scope: PropertyScope, property: string): string | undefined {
  return readProperty(host, scope, property) || undefined;
}
