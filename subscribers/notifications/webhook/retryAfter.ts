/** The longest that a receiver's Retry-After is heeded, ms: a notification is not worth sending any longer. */
const LONGEST_MS = 24 * 60 * 60 * 1000;

/**
 * The pause that a header `Retry-After` (RFC 9110, section 10.2.3) asks for, in ms from `now` (ms since the epoch): a
 * number of seconds, or an HTTP date. At most a day. Undefined for anything else.
 */
export function parseRetryAfter(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined;
  const text = header.trim();
  const ms = /^\d+(\.\d+)?$/.test(text) ? Number(text) * 1000 : isHttpDate(text) ? Date.parse(text) - now : Number.NaN;
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), LONGEST_MS);
}

/** `Sun, 06 Nov 1994 08:49:37 GMT`: the one form that is still sent. */
function isHttpDate(text: string): boolean {
  return /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/.test(text);
}
