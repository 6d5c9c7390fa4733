import { Failure, printable, type Warn } from '../failure';
import type { Host } from './environment';
import type { AppName } from './names';
import type { PropertyScope } from './paths';
import { parsePositiveInteger, readProperty } from './properties';

/** The limits of what is kept of an app's builds that have ended. */
export interface Retention {
  /** The number of builds. */
  readonly builds: number;
  /** Builds that ended more days ago are removed. */
  readonly days?: number;
  /** The number of builds that keep their logs. The others keep only their records. */
  readonly logs?: number;
}

/** How many builds that have ended an app keeps if nothing is set. */
export const DEFAULT_RETENTION = 20;

/** The properties that limit what is kept: each a whole number of at least 1. */
export type Limit = 'retention' | 'retention-days' | 'log-retention';

/**
 * The limits of `app`: each its own, else the global one. If none is set, 20 builds of any age are kept, with their
 * logs. Warns of a stored value that is not a whole number of at least 1, and ignores it. Throws the system error for
 * a value that may not be read: a fallback to a smaller number would remove builds that were to be kept.
 */
export function resolveRetention(host: Host, app: AppName, warn: Warn): Retention {
  const days = resolveLimit(host, app, 'retention-days', warn);
  const logs = resolveLimit(host, app, 'log-retention', warn);
  return {
    builds: resolveLimit(host, app, 'retention', warn) ?? DEFAULT_RETENTION,
    ...(days !== undefined && { days }),
    ...(logs !== undefined && { logs }),
  };
}

/** One of these limits; undefined if it is not set. Warns and throws in the same way. */
export function resolveLimit(host: Host, app: AppName, limit: Limit, warn: Warn): number | undefined {
  for (const scope of [app, '--global'] as const) {
    const number = numberIn(readLimit(host, scope, limit, warn), scope, limit, warn);
    if (number !== undefined) return number;
  }
  return undefined;
}

/** The stored retentions of an app and of the host ('' if not set), and the one that applies. */
export interface Retentions {
  readonly own: string;
  readonly global: string;
  readonly computed: number;
}

/**
 * A function that reads the retentions of an app. The global one is read once for all apps. Warns and throws as
 * {@link readProperty} and {@link resolveRetention} do.
 */
export function retentionsReader(host: Host, warn: Warn): (app: AppName) => Retentions {
  let global: string | undefined;
  return (app) => {
    const own = readProperty(host, app, 'retention');
    global ??= readProperty(host, '--global', 'retention');
    const stored = numberIn(own, app, 'retention', warn) ?? numberIn(global, '--global', 'retention', warn);
    return { own, global, computed: stored ?? DEFAULT_RETENTION };
  };
}

/** `text` as a limit; undefined if it is none. */
export function parseLimit(text: string): number | undefined {
  return parsePositiveInteger(text.replace(/^\+(?=[0-9])/, ''));
}

/** What `stored` says; undefined if it is unset, or no limit, which is warned about. */
function numberIn(stored: string, scope: PropertyScope, limit: Limit, warn: Warn): number | undefined {
  const number = stored === '' ? undefined : parseLimit(stored);
  if (number === undefined && stored !== '') warn(`Ignoring invalid ${limit} "${printable(stored)}" of ${scope}`);
  return number;
}

function readLimit(host: Host, scope: PropertyScope, limit: Limit, warn: Warn): string {
  try {
    return readProperty(host, scope, limit);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    warn(`Ignoring invalid ${limit} of ${scope}: ${error.message}`);
    return '';
  }
}
