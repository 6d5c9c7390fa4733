import type { BuildId } from '../../host/dokku/names';
import { type BuildEvent, buildsNamed, type Recorded } from '../../journal/events';

/** Which events are wanted; times in ms since the epoch, both included. A field that is undefined sets no limit. */
export interface WantedEvents {
  readonly build?: BuildId | undefined;
  readonly type?: BuildEvent['type'] | undefined;
  readonly since?: number | undefined;
  readonly until?: number | undefined;
}

/** A test whether an event is wanted. Its time is the one that `timeOf` gives. */
export function wantedEvents(
  { build, type, since = Number.NEGATIVE_INFINITY, until = Number.POSITIVE_INFINITY }: WantedEvents,
  timeOf: (recorded: Recorded) => number,
): (recorded: Recorded) => boolean {
  return (recorded) => {
    const { event } = recorded;
    const time = timeOf(recorded);
    if (time < since || time > until || (type !== undefined && event.type !== type)) return false;
    return build === undefined || buildsNamed(event).includes(build);
  };
}
