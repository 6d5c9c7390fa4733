import { readPrintedText } from '../terminal/printed';
import type { Variable } from './appEnvironment';
import { base64Forms } from './base64';

/** Shorter values are not masked: they would be found in words that are not secrets. */
export const LEAST_CHARACTERS = 6;

/** A name of a variable whose value is a secret. */
const SECRET_NAME =
  /KEY|TOKEN|SECRET|PASSW|PASSPHRASE|CREDENTIAL|DSN|PRIVATE|WEBHOOK|SALT|COOKIE|CONNECTION_STRING|(?:^|_)(?:PASS|PWD|PW|AUTH|PAT)(?:_|$)/i;

/**
 * The texts that must not leave the host, as a terminal shows them, without line breaks: the values of variables with
 * a name like `API_KEY`, whole urls with a password, and that password. Each also in percent-encoding, as JSON writes
 * it, and in Base64. Of a value of several lines, each line that is long enough, too.
 */
export function secretValues(environment: readonly Variable[]): string[] {
  const values = environment.flatMap(({ name, value }) => {
    const inUrl = secretsOfUrl(value);
    return SECRET_NAME.test(name) || inUrl.length > 0 ? [value, ...inUrl] : [];
  });
  const encoded = values.filter((value) => value.length >= LEAST_CHARACTERS).flatMap(base64Forms);
  return [...new Set([...values.flatMap(written).flatMap(shown), ...encoded])];
}

/** A user name without a password is taken for a token if it is at least that long. */
const TOKEN_CHARACTERS = 16;

/** The password in `value`, if that is a url with one, or the token in its place. */
function secretsOfUrl(value: string): string[] {
  if (!/^[A-Za-z][A-Za-z0-9+.-]{0,50}:\/\//.test(value)) return [];
  const behind = value.slice(value.indexOf('://') + '://'.length);
  const authority = behind.split(/[/?#]/, 1)[0] ?? '';
  const hasUser = authority.includes('@') ? authority : behind; // a password may hold a slash that is not encoded
  const [user = '', ...password] = hasUser.slice(0, Math.max(0, hasUser.lastIndexOf('@'))).split(':');
  const secret = password.length > 0 ? password.join(':') : user.length >= TOKEN_CHARACTERS ? user : '';
  return secret === '' ? [] : [secret, decoded(secret)];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The ways in which programs write a value. */
function written(value: string): string[] {
  const wellFormed = value.replace(/\p{Surrogate}/gu, '\ufffd');
  return [wellFormed, encodeURIComponent(wellFormed), JSON.stringify(wellFormed).slice(1, -1)];
}

/** The text as a terminal shows it: all lines joined, and each line alone. */
function shown(text: string): string[] {
  const lines = readPrintedText(text).map((line) => line.trim());
  return [lines.join(''), ...lines].filter((line) => line.length >= LEAST_CHARACTERS);
}
