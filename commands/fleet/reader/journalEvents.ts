import type { AppName } from '../../../host/dokku/names';
import type { Warn } from '../../../host/failure';
import type { Recorded } from '../../../journal/events';
import { eventJson } from '../../../projections/events/eventView';
import { eventSource, type EventSource } from '../../../projections/events/mergedEvents';
import type { FleetJournal } from '../../../subscribers/fleet/mirror/fleetView';
import type { Mirror } from '../../../subscribers/fleet/mirror/mirror';
import { placeOf } from './readFleet';

/** The events of a journal in the mirror. Two hosts may have apps of one name, so a key takes the place of the app. */
export function sourceOf(mirror: Mirror, journal: FleetJournal, warn: Warn): EventSource {
  const key = `${journal.host.id}/${journal.entry.journal}`;
  return { ...eventSource(placeOf(mirror, journal), warn), app: key as AppName };
}

/** The JSON of an event: whose it is, and what `builds:events` prints of it. */
export function eventAsJson({ host, app, entry }: FleetJournal, recorded: Recorded): object {
  const whose = { host: host.name, host_id: host.id, journal: entry.journal };
  return { ...whose, ...eventJson((app ?? '') as AppName, recorded) };
}
