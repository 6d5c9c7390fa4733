import { Failure, printable } from '../../host/failure';
import { parseBuildId } from '../../host/dokku/names';
import { eventTypes, type Kind } from '../../journal/events';
import type { WantedEvents } from '../../projections/events/wantedEvents';
import type { ListFilter as Wanted } from '../../projections/lists/listView';
import { displayStatuses } from '../../projections/records/record';
import { oneOf } from '../definition/flags';
import { checkInterval, parseWhen } from '../definition/when';
import type { EventFilter, FollowOptions, ListFilter, StatsOptions, Time } from './apiTypes';

/*
 * A program in JavaScript can pass any value. A filter with a wrong value, or with a key that does not exist, throws,
 * because it must not match everything.
 */

const LIST_KEYS: readonly (keyof ListFilter)[] = ['kind', 'status', 'source', 'since', 'until', 'limit'];
const EVENT_KEYS: readonly (keyof EventFilter)[] = ['app', 'build', 'type', 'since', 'until'];
const FOLLOW_KEYS: readonly (keyof FollowOptions)[] = [
  'app',
  'build',
  'type',
  'since',
  'fromStart',
  'signal',
  'intervalMs',
];
const STATS_KEYS: readonly (keyof StatsOptions)[] = ['since'];

/** `filter` as lists take it. Throws {@link Failure} for a value that is not allowed. */
export function listFilter(filter: ListFilter): Wanted {
  requireKeys(filter, LIST_KEYS);
  const { kind, status, source } = filter;
  return {
    kind: kind === undefined ? undefined : oneOf<Kind>(['build', 'deploy'], text('kind', kind), { name: 'kind' }),
    statuses:
      status === undefined
        ? undefined
        : [status].flat().map((one) => oneOf(displayStatuses, text('status', one), { name: 'status' })),
    sources: source === undefined ? undefined : [text('source', source)],
    ...interval(filter),
  };
}

/** How many builds a list has at most. Throws {@link Failure}. */
export function limitOf({ limit = Number.POSITIVE_INFINITY }: ListFilter): number {
  if (limit === Number.POSITIVE_INFINITY || (Number.isInteger(limit) && limit >= 1)) return limit;
  throw invalid('limit', limit, 'a positive integer');
}

/** `filter` as events are filtered. Throws {@link Failure} for a value that is not allowed. */
export function eventFilter(filter: EventFilter): WantedEvents {
  requireKeys(filter, EVENT_KEYS);
  return wantedEvents(filter);
}

/** The same for events that are followed. */
export function followFilter(options: FollowOptions): WantedEvents {
  requireKeys(options, FOLLOW_KEYS);
  const { intervalMs = 1 } = options;
  if (!Number.isFinite(intervalMs) || intervalMs <= 0) throw invalid('intervalMs', intervalMs, 'a positive number');
  return wantedEvents(options);
}

/** From when on builds are counted, in ms since the epoch. Throws {@link Failure}. */
export function statsSince(options: StatsOptions): number | undefined {
  requireKeys(options, STATS_KEYS);
  return timeOf('since', options.since);
}

/** `value` if it is a string. Throws {@link Failure}. */
export function text(name: string, value: unknown): string {
  if (typeof value === 'string') return value;
  throw invalid(name, value, 'a string');
}

function wantedEvents(filter: EventFilter): WantedEvents {
  const { build, type } = filter;
  return {
    build: build === undefined ? undefined : parseBuildId(text('build', build)),
    type: type === undefined ? undefined : oneOf(eventTypes, text('type', type), { name: 'type' }),
    ...interval(filter),
  };
}

function interval({ since, until }: { readonly since?: Time; readonly until?: Time }) {
  const times = { since: timeOf('since', since), until: timeOf('until', until, 'end-of-day') };
  checkInterval(times, '');
  return times;
}

/** A time in ms since the epoch. */
function timeOf(name: string, time: Time | undefined, end?: 'end-of-day'): number | undefined {
  if (time === undefined) return undefined;
  if (typeof time === 'string') return parseWhen(name, time, Date.now(), end);
  const ms = time instanceof Date ? time.getTime() : Number.NaN;
  if (Number.isNaN(ms)) throw invalid(name, time, 'a valid Date or a string');
  return ms;
}

function requireKeys(filter: unknown, allowed: readonly string[]): void {
  if (typeof filter !== 'object' || filter === null) throw invalid('filter', filter, 'an object');
  const unknown = Object.keys(filter).find((key) => !allowed.includes(key));
  if (unknown === undefined) return;
  throw new Failure(`There is no filter "${printable(unknown)}" (allowed: ${allowed.join(', ')})`);
}

function invalid(name: string, value: unknown, must: string): Failure {
  return new Failure(`Invalid ${name} value "${printable(String(value))}": must be ${must}`);
}
