import { formatTimestamp, parseSpan, parseTimestamp, toWholeSeconds } from '../../host/durations';
import { Failure } from '../../host/failure';
import { printable } from '../../host/printable';

/** What a time may look like, for help and messages. */
export const WHEN_EXAMPLES =
  'a time such as 2026-04-30T13:50:00Z, a date such as 2026-04-30 or 2026-04-30 13:50 in UTC, ' +
  'or an age such as 2h, 1h30m or 3d';

/**
 * The time that the value of the flag `name` says, in ms since the epoch: RFC 3339; a date, or a date with minutes or
 * seconds, in UTC; an age such as `90s`, `2h`, `1h30m`, `3d`, `1w` before `now`. A date alone is the beginning of the
 * day, or with `end` its last millisecond. Throws {@link Failure}.
 */
export function parseWhen(
  name: string,
  text: string,
  now: number,
  end: 'start-of-day' | 'end-of-day' = 'start-of-day',
): number {
  const age = parseSpan(text);
  const time = parseTimestamp(text) ?? parseDate(text, end) ?? (age === undefined ? undefined : now - age);
  if (time !== undefined) return time;
  throw new Failure(`Invalid ${name} value "${printable(text)}": must be ${WHEN_EXAMPLES}`);
}

function parseDate(text: string, end: 'start-of-day' | 'end-of-day'): number | undefined {
  const [, date, minutes, seconds = ':00'] = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(:\d\d)?Z?)?$/.exec(text) ?? [];
  if (date === undefined) return undefined;
  if (minutes !== undefined) return parseTimestamp(`${date}T${minutes}${seconds}Z`);
  return parseTimestamp(end === 'start-of-day' ? `${date}T00:00:00Z` : `${date}T23:59:59.999Z`);
}

/** Refuses an interval that ends before it begins. Both in ms since the epoch. */
export function checkInterval(
  { since, until }: { readonly since?: number | undefined; readonly until?: number | undefined },
  prefix = '--',
): void {
  if (since === undefined || until === undefined || since <= until) return;
  const text = (time: number): string => toWholeSeconds(formatTimestamp(time));
  throw new Failure(`${prefix}until (${text(until)}) is before ${prefix}since (${text(since)})`);
}
