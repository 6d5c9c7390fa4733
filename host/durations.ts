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

const UNIT_MS = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;

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
  const match = RFC_3339.exec(text);
  const offset = parseOffset(match?.[8] ?? '');
  if (match === null || offset === undefined) return undefined;
  // By numbers: to parse and print a Date takes four times as long, and an adoption of many records parses many times.
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])];
  const [hour, minute, second] = [Number(match[4]), Number(match[5]), Number(match[6])];
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day); // not Date.UTC, which takes the years 0 to 99 for 1900 to 1999
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined; // 30 February is 2 March
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  return {
    wholeSeconds: date.setUTCHours(hour, minute, second) - offset,
    fraction: Number(`0.${match[7] ?? 0}`) * 1000,
  };
}

const RFC_3339 = /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d+))?([Zz]|[+-]\d\d:\d\d)$/;

/** What `Z` or `±hh:mm` is ahead of UTC, in ms. */
function parseOffset(text: string): number | undefined {
  if (text === 'Z' || text === 'z') return 0;
  const hours = Number(text.slice(1, 3));
  const minutes = Number(text.slice(4, 6));
  if (hours > 23 || minutes > 59) return undefined;
  return (text.startsWith('-') ? -1 : 1) * (hours * 60 + minutes) * 60_000;
}
