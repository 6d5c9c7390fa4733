import { setTimeout as wait } from 'node:timers/promises';

import type { AppBuilds } from '../../host/dokku/paths';
import type { Warn } from '../../host/failure';
import { eventJson } from '../../projections/events/eventView';
import { writtenAt } from '../../projections/events/happenedAt';
import { type AppEvent, eventSource, type EventSource, mergedEvents } from '../../projections/events/mergedEvents';
import { type WantedEvents, wantedEvents } from '../../projections/events/wantedEvents';
import type { FollowOptions } from './apiTypes';
import type { BuildEvent } from './buildTypes';

/**
 * The events that are `wanted`, of the journals that `places` gives. `warn` is called for each damaged part.
 */
export function* readEvents(
  places: () => readonly AppBuilds[],
  wanted: WantedEvents,
  warn: Warn,
): Generator<BuildEvent> {
  const sources = places().map((builds) => eventSource(builds, warn));
  for (const event of mergedEvents(sources, wantedEvents(wanted, writtenAt))) yield toJson(event);
}

const INTERVAL_MS = 1000;

/**
 * The same events as they are appended, until `signal` aborts. A journal that is new in `places` is read from its
 * beginning.
 */
export async function* followEvents(
  places: () => readonly AppBuilds[],
  wanted: WantedEvents,
  { signal, intervalMs = INTERVAL_MS, fromStart = wanted.since !== undefined }: FollowOptions,
  warn: Warn,
): AsyncGenerator<BuildEvent> {
  const isWanted = wantedEvents(wanted, writtenAt);
  const sources = new Map<string, EventSource>();
  const open = (): EventSource[] =>
    places().map((builds) => {
      const source = sources.get(builds.app) ?? eventSource(builds, warn);
      sources.set(builds.app, source);
      return source;
    });
  if (!fromStart) for (const _ of mergedEvents(open(), () => false)) continue; // moves their heads to the end
  while (!isAborted(signal)) {
    for (const event of mergedEvents(open(), isWanted)) {
      yield toJson(event);
      if (isAborted(signal)) return;
    }
    await wait(intervalMs, undefined, { ...(signal && { signal }) }).catch(() => undefined);
  }
}

/** A function, since the compiler does not know that `aborted` can change between two reads. */
function isAborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}

/** The event as the commands print it: keys without a value are left out. */
function toJson({ app, recorded }: AppEvent): BuildEvent {
  return JSON.parse(JSON.stringify(eventJson(app, recorded))) as BuildEvent;
}
