import { parseTimestamp } from '../../../host/durations';
import { asBuildId, type BuildId } from '../../../host/dokku/names';
import type { ProcessIdentity } from '../../../host/system/processes';
import type {
  Actor,
  BuildCanceled,
  BuildEvent,
  BuildFinished,
  BuildStarted,
  Kind,
  Pruned,
  Timestamp,
} from '../../events';

/** Why a value is not one of the events that docs/journal-format.md describes. */
export class UnknownEvent extends Error {}

const kinds = { build: true, deploy: true } satisfies Record<Kind, true>;
const statuses = { succeeded: true, failed: true } satisfies Record<BuildFinished['status'], true>;
const causes = { exit: true, deployed: true, abandoned: true } satisfies Record<BuildFinished['cause'], true>;
const reasons = { retention: true, discarded: true } satisfies Record<Pruned['reason'], true>;

/**
 * The event of that type with these fields. Each field is checked, unknown ones are left out, and text becomes
 * well-formed. Returns an {@link UnknownEvent} if a field that the type needs is missing, or one is not what it must
 * be.
 */
export function parseEvent(type: unknown, data: unknown): BuildEvent | UnknownEvent {
  try {
    return eventOf(type, asMap(data, 'data'));
  } catch (error) {
    if (error instanceof UnknownEvent) return error;
    throw error;
  }
}

/** The fields stand in the order in which they are written. */
function eventOf(type: unknown, data: Fields): BuildEvent {
  switch (type as BuildEvent['type']) {
    case 'BuildStarted':
      return {
        type: 'BuildStarted',
        build: buildId(data, 'build'),
        kind: oneOf(kinds, data, 'kind'),
        source: text(data, 'source'),
        process: processIdentity(data, 'process'),
        startedAt: timestamp(data, 'startedAt'),
        actor: actor(data, 'actor'),
        ...optional('revision', text, data),
        ...optional('adopted', yes, data),
      } satisfies BuildStarted;
    case 'BuildFinished':
      return {
        type: 'BuildFinished',
        build: buildId(data, 'build'),
        status: oneOf(statuses, data, 'status'),
        exitCode: integer(data, 'exitCode', Number.MIN_SAFE_INTEGER),
        cause: oneOf(causes, data, 'cause'),
        finishedAt: timestamp(data, 'finishedAt'),
        ...optional('revision', text, data),
        ...optional('adopted', yes, data),
      } satisfies BuildFinished;
    case 'BuildCanceled':
      return {
        type: 'BuildCanceled',
        build: buildId(data, 'build'),
        actor: actor(data, 'actor'),
        ...optional('signal', text, data),
        finishedAt: timestamp(data, 'finishedAt'),
        ...optional('revision', text, data),
        ...optional('adopted', yes, data),
      } satisfies BuildCanceled;
    case 'Pruned':
      return {
        type: 'Pruned',
        builds: buildIds(data, 'builds'),
        ...optional('logs', buildIds, data),
        reason: oneOf(reasons, data, 'reason'),
      } satisfies Pruned;
    default:
      throw new UnknownEvent('its type is not known');
  }
}

type Fields = Readonly<Record<string, unknown>>;
type Parser<T> = (fields: Fields, name: string) => T;

function optional<Name extends string, T>(name: Name, parse: Parser<T>, fields: Fields): Partial<Record<Name, T>> {
  return fields[name] === undefined ? {} : ({ [name]: parse(fields, name) } as Record<Name, T>);
}

function asMap(value: unknown, name: string): Fields {
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype)
    throw new UnknownEvent(`its ${name} is not a map`);
  return value as Fields;
}

/** A lone half of a surrogate pair has no place in UTF-8. */
function text(fields: Fields, name: string): string {
  const value = fields[name];
  if (typeof value !== 'string') throw new UnknownEvent(`its ${name} is not text`);
  return value.replace(/\p{Surrogate}/gu, '\ufffd');
}

function yes(fields: Fields, name: string): true {
  if (fields[name] !== true) throw new UnknownEvent(`its ${name} is not true`);
  return true;
}

function integer(fields: Fields, name: string, least: number): number {
  const value = fields[name];
  if (!Number.isSafeInteger(value) || Number(value) < least)
    throw new UnknownEvent(`its ${name} is not a whole number from ${least} on`);
  return Number(value);
}

function natural(fields: Fields, name: string): number {
  return integer(fields, name, 0);
}

function oneOf<T extends string>(known: Readonly<Record<T, true>>, fields: Fields, name: string): T {
  const value = fields[name];
  if (typeof value !== 'string' || !Object.hasOwn(known, value))
    throw new UnknownEvent(`its ${name} is none of ${Object.keys(known).join(', ')}`);
  return value as T;
}

function buildId(fields: Fields, name: string): BuildId {
  return asId(fields[name], name);
}

function buildIds(fields: Fields, name: string): BuildId[] {
  const value = fields[name];
  if (!Array.isArray(value)) throw new UnknownEvent(`its ${name} is not an array`);
  return value.map((one) => asId(one, name));
}

function asId(value: unknown, name: string): BuildId {
  const id = typeof value === 'string' ? asBuildId(value) : undefined;
  if (id === undefined) throw new UnknownEvent(`its ${name} holds no build id`);
  return id;
}

function timestamp(fields: Fields, name: string): Timestamp {
  const value = fields[name];
  if (typeof value !== 'string' || parseTimestamp(value) === undefined)
    throw new UnknownEvent(`its ${name} is not an RFC 3339 time`);
  return value;
}

function processIdentity(fields: Fields, name: string): ProcessIdentity {
  const identity = asMap(fields[name], name);
  return {
    pid: natural(identity, 'pid'),
    ...optional('group', natural, identity),
    ...optional('startTicks', natural, identity),
    ...optional('bootId', text, identity),
  };
}

function actor(fields: Fields, name: string): Actor {
  const some = asMap(fields[name], name);
  return { ...optional('user', text, some), ...optional('key', text, some), ...optional('command', text, some) };
}
