import { DAY_MS } from '../../../host/durations';

/** The longest Retry-After that counts, ms: a notification is not sent after a day. */
const LONGEST_MS = DAY_MS;

/**
 * The pause that a header `Retry-After` (RFC 9110, section 10.2.3) asks for, in ms from `now` (ms since the epoch): a
 * number of seconds, or an HTTP date. At most a day. Undefined for anything else.
 */
export function parseRetryAfter(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined;
  const text = header.trim();
  const ms = /^\d+(\.\d+)?$/.test(text) ? Number(text) * 1000 : parseHttpDate(text, now) - now;
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), LONGEST_MS);
}

/** The three forms of section 5.6.7: that of RFC 5322, that of RFC 850, and that of asctime(). */
const HTTP_DATES = [
  /^[A-Z][a-z]{2}, (?<day>\d{2}) (?<month>[A-Z][a-z]{2}) (?<year>\d{4}) (?<time>\d{2}:\d{2}:\d{2}) GMT$/,
  /^[A-Z][a-z]+day, (?<day>\d{2})-(?<month>[A-Z][a-z]{2})-(?<year>\d{2}) (?<time>\d{2}:\d{2}:\d{2}) GMT$/,
  /^[A-Z][a-z]{2} (?<month>[A-Z][a-z]{2}) (?<day>[ \d]\d) (?<time>\d{2}:\d{2}:\d{2}) (?<year>\d{4})$/,
];

const FIFTY_YEARS_MS = 50 * 365.25 * DAY_MS;

/** ms since the epoch; NaN for anything else. A year of two digits is at most 50 years ahead of `now`. */
function parseHttpDate(text: string, now: number): number {
  const parts = HTTP_DATES.map((form) => form.exec(text)?.groups).find((groups) => groups !== undefined);
  if (parts === undefined) return Number.NaN;
  const { day = '', month = '', year = '', time = '' } = parts;
  const inYear = (full: string | number): number => Date.parse(`${day.trim()} ${month} ${full} ${time} GMT`);
  if (year.length === 4) return inYear(year);
  const century = Math.floor(new Date(now).getUTCFullYear() / 100);
  const at = inYear(century * 100 + Number(year));
  return at > now + FIFTY_YEARS_MS ? inYear((century - 1) * 100 + Number(year)) : at;
}
