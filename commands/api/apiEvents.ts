import { setTimeout as wait } from 'node:timers/promises';

import type { AppBuilds } from '../../host/dokku/paths';
import type { Recorded } from '../../journal/events';
import { buildsNamed } from '../../journal/events';
import { eventJson } from '../../projections/events/eventView';
import type { Warn } from '../../projections/problemWarnings';
import { type AppEvent, eventSource, type EventSource, mergedEvents } from '../../projections/events/mergedEvents';
import type { EventFilter, FollowOptions } from './apiTypes';
import type { BuildEvent } from './buildTypes';
import { eventFilter } from './filters';

/**
 * The events that `filter` asks for, of the journals that `places` gives. `warn` is called for each damaged part.
 */
export function* readEvents(
  places: () => readonly AppBuilds[],
  filter: EventFilter,
  warn: Warn,
): Generator<BuildEvent> {
  const sources = places().map((builds) => eventSource(builds, warn));
  for (const event of mergedEvents(sources, passes(filter))) yield toJson(event);
}

const INTERVAL_MS = 1000;

/**
 * The same events as they are appended, until `signal` aborts. A journal that is new in `places` is read from its
 * beginning.
 */
export async function* followEvents(
  places: () => readonly AppBuilds[],
  options: FollowOptions,
  warn: Warn,
): AsyncGenerator<BuildEvent> {
  const { signal, intervalMs = INTERVAL_MS, fromStart = options.since !== undefined } = options;
  const wanted = passes(options);
  const sources = new Map<string, EventSource>();
  const open = (): EventSource[] =>
    places().map((builds) => {
      const source = sources.get(builds.app) ?? eventSource(builds, warn);
      sources.set(builds.app, source);
      return source;
    });
  if (!fromStart) for (const _ of mergedEvents(open(), () => false)) continue; // moves their heads to the end
  while (!isAborted(signal)) {
    for (const event of mergedEvents(open(), wanted)) {
      yield toJson(event);
      if (isAborted(signal)) return;
    }
    await wait(intervalMs, undefined, { ...(signal && { signal }) }).catch(() => undefined);
  }
}

/** Asked anew each time: it changes while nobody looks. */
function isAborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}

function passes(filter: EventFilter): (recorded: Recorded) => boolean {
  const { build, type, since: from = Number.NEGATIVE_INFINITY, until = Number.POSITIVE_INFINITY } = eventFilter(filter);
  return ({ at, event }) => {
    if (at < from || at > until || (type !== undefined && event.type !== type)) return false;
    return build === undefined || buildsNamed(event).some((id) => id === build);
  };
}

/** As the commands print it: keys without a value are not there. */
function toJson({ app, recorded }: AppEvent): BuildEvent {
  return JSON.parse(JSON.stringify(eventJson(app, recorded))) as BuildEvent;
}
