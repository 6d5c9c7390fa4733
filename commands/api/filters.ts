import { Failure, printable } from '../../host/failure';
import { parseBuildId } from '../../host/dokku/names';
import { eventTypes, type Kind } from '../../journal/events';
import type { WantedEvents } from '../../projections/events/wantedEvents';
import type { ListFilter as Wanted } from '../../projections/lists/listView';
import { displayStatuses } from '../../projections/records/record';
import { oneOf } from '../definition/flags';
import { checkInterval, parseWhen } from '../definition/when';
import type { DisplayStatus } from './buildTypes';
import type { EventFilter, ListFilter, Time } from './apiTypes';

/*
 * A program in JavaScript can pass any value. A filter with a wrong value throws, because it must not match
 * everything.
 */

/** `filter` as lists take it. Throws {@link Failure} for a value that is not allowed. */
export function listFilter(filter: ListFilter): Wanted {
  const { kind, status, source } = filter;
  return {
    kind: kind === undefined ? undefined : oneOf<Kind>(['build', 'deploy'], kind, { name: 'kind' }),
    statuses: status === undefined ? undefined : statuses(status),
    sources: source === undefined ? undefined : [source],
    ...interval(filter),
  };
}

function statuses(status: DisplayStatus | readonly DisplayStatus[]): DisplayStatus[] {
  const all = typeof status === 'string' ? [status] : status;
  return all.map((one) => oneOf(displayStatuses, one, { name: 'status' }));
}

/** How many builds a list has at most. Throws {@link Failure}. */
export function limitOf({ limit = Number.POSITIVE_INFINITY }: ListFilter): number {
  if (limit === Number.POSITIVE_INFINITY || (Number.isInteger(limit) && limit >= 1)) return limit;
  throw new Failure(`Invalid limit value "${printable(String(limit))}": must be a positive integer`);
}

/** `filter` as events are filtered. Throws {@link Failure} for a value that is not allowed. */
export function eventFilter(filter: EventFilter): WantedEvents {
  const { build, type } = filter;
  return {
    build: build === undefined ? undefined : parseBuildId(build),
    type: type === undefined ? undefined : oneOf(eventTypes, type, { name: 'type' }),
    ...interval(filter),
  };
}

/** A time in ms since the epoch. Throws {@link Failure}. */
export function timeOf(name: string, time: Time | undefined, end?: 'end-of-day'): number | undefined {
  if (time === undefined) return undefined;
  if (typeof time === 'string') return parseWhen(name, time, Date.now(), end);
  const ms = time instanceof Date ? time.getTime() : Number.NaN;
  if (Number.isNaN(ms))
    throw new Failure(`Invalid ${name} value "${printable(String(time))}": must be a valid Date or a string`);
  return ms;
}

function interval({ since, until }: { readonly since?: Time; readonly until?: Time }) {
  const times = { since: timeOf('since', since), until: timeOf('until', until, 'end-of-day') };
  checkInterval(times);
  return times;
}
