/**
 * Text for a span of `ms` milliseconds as Go prints it, rounded to whole seconds: `0s`, `1m14s`, `1h0m3s`. Never
 * negative.
 */
export function formatDuration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  if (hours > 0) return `${hours}h${minutes % 60}m${seconds % 60}s`;
  return minutes > 0 ? `${minutes}m${seconds % 60}s` : `${seconds}s`;
}

export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;

const UNIT_MS = { s: 1000, m: 60_000, h: HOUR_MS, d: DAY_MS, w: 7 * DAY_MS } as const;

/** The ms of a span such as `90s`, `2h`, `1h30m`, `3d`, `1w`; undefined for any other text, `30m1h` too. */
export function parseSpan(text: string): number | undefined {
  if (!/^(\d{1,9}[wdhms])+$/.test(text)) return undefined;
  const parts = (text.match(/\d+[wdhms]/g) ?? []).map((part) => ({
    count: Number(part.slice(0, -1)),
    unit: UNIT_MS[part.slice(-1) as keyof typeof UNIT_MS],
  }));
  if (parts.some(({ unit }, n) => unit >= (parts[n - 1]?.unit ?? Infinity))) return undefined;
  return parts.reduce((sum, { count, unit }) => sum + count * unit, 0);
}

/**
 * The moment that an RFC 3339 time names, in ms since the epoch; fractions of a second, of any length, make fractions
 * of a ms. Undefined for any other text, for a date that no calendar has, and for a leap second, which the clock has
 * not.
 */
export function parseTimestamp(text: string): number | undefined {
  if (text.length === FORMATTED_CHARACTERS) {
    const at = new Date(text);
    if (!Number.isNaN(at.getTime()) && at.toISOString() === text) return at.getTime(); // as formatTimestamp writes it
  }
  const moment = parseMoment(text);
  return moment && moment.wholeSeconds + moment.fraction;
}

/** Below 0 if the RFC 3339 time `a` is earlier than `b`, above 0 if it is later, otherwise 0. */
export function compareTimestamps(a: string, b: string): number {
  if (haveSameForm(a, b)) return a < b ? -1 : Number(a > b); // an adoption compares many, and to parse takes longer
  return (parseTimestamp(a) ?? 0) - (parseTimestamp(b) ?? 0);
}

/** Two times in UTC with as many digits: their text sorts like the times. */
function haveSameForm(a: string, b: string): boolean {
  return a.length === b.length && a.endsWith('Z') && b.endsWith('Z') && a[T_AT] === b[T_AT];
}

const T_AT = '2026-04-30'.length;

const FORMATTED_CHARACTERS = '2026-04-30T13:50:00.000Z'.length;

/**
 * The RFC 3339 time in UTC of `at`, ms since the epoch: `2026-04-30T13:50:00.000Z`. For the years that have four
 * digits.
 */
export function formatTimestamp(at: number): string {
  return new Date(Math.min(Math.max(at, FIRST_MS), LAST_MS)).toISOString();
}

/** The years 0 and 9999: RFC 3339 has four digits for a year. A clock that says something else is wrong. */
const FIRST_MS = Date.parse('0000-01-01T00:00:00.000Z');
const LAST_MS = Date.parse('9999-12-31T23:59:59.999Z');

/**
 * An RFC 3339 time in UTC without the fraction of its second: `2026-04-30T13:50:00Z`. Other text is returned as it is.
 */
export function toWholeSeconds(text: string): string {
  const moment = parseMoment(text);
  return moment === undefined ? text : new Date(moment.wholeSeconds).toISOString().replace('.000Z', 'Z');
}

/** Both in ms, and apart, since their sum may round up to the next second. */
interface Moment {
  readonly wholeSeconds: number;
  readonly fraction: number;
}

function parseMoment(text: string): Moment | undefined {
  if (!RFC_3339.test(text)) return undefined;
  const offset = offsetOf(text);
  // By the places of the digits, because an adoption of many records parses many times: a match with groups and a Date
  // for each take four times as long.
  const [month, day] = [numberAt(text, 5), numberAt(text, 8)];
  const [hour, minute, second] = [numberAt(text, 11), numberAt(text, 14), numberAt(text, 17)];
  const midnight = Date.UTC(numberAt(text, 0, 4) + CYCLE_YEARS, month - 1, day) - CYCLE_MS;
  if (month < 1 || month > 12 || new Date(midnight).getUTCDate() !== day) return undefined; // 30 February is 2 March
  if (hour > 23 || minute > 59 || second > 59 || offset === undefined) return undefined;
  const fraction = text.slice(FRACTION_AT, isUtc(text) ? -1 : -OFFSET_CHARACTERS);
  return {
    wholeSeconds: midnight + ((hour * 60 + minute) * 60 + second) * 1000 - offset,
    fraction: fraction === '' ? 0 : Number(fraction) * 1000,
  };
}

const RFC_3339 = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)$/;
const FRACTION_AT = '2026-04-30T13:50:00'.length;
const OFFSET_CHARACTERS = '+02:00'.length;

/** The calendar repeats itself after so many years. Date.UTC takes the years 0 to 99 for 1900 to 1999. */
const CYCLE_YEARS = 400;
const CYCLE_MS = 146_097 * UNIT_MS.d;

function isUtc(text: string): boolean {
  return text.endsWith('Z') || text.endsWith('z');
}

/** What the end of `text`, `Z` or `±hh:mm`, is ahead of UTC, in ms. */
function offsetOf(text: string): number | undefined {
  if (isUtc(text)) return 0;
  const sign = text.length - OFFSET_CHARACTERS;
  const [hours, minutes] = [numberAt(text, sign + 1), numberAt(text, sign + 4)];
  if (hours > 23 || minutes > 59) return undefined;
  return (text[sign] === '-' ? -1 : 1) * (hours * 60 + minutes) * UNIT_MS.m;
}

/** The number that `digits` digits at `at` make. */
function numberAt(text: string, at: number, digits = 2): number {
  let number = 0;
  for (let place = at; place < at + digits; place += 1) number = number * 10 + text.charCodeAt(place) - ZERO;
  return number;
}

const ZERO = '0'.charCodeAt(0);
