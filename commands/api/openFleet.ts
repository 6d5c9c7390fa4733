import { dirname } from 'node:path';

import type { AppName } from '../../host/dokku/names';
import { buildsOf } from '../../journal/history';
import { eventJson } from '../../projections/events/eventView';
import { eventSource, mergedEvents } from '../../projections/events/mergedEvents';
import { withFleet } from '../../subscribers/fleet/nats/connect';
import { asJson, newestFirst } from '../../subscribers/fleet/mirror/fleetBuilds';
import { historyOf } from '../../subscribers/fleet/mirror/journalHistory';
import { type FleetJournal, FleetView } from '../../subscribers/fleet/mirror/fleetView';
import { Mirror } from '../../subscribers/fleet/mirror/mirror';
import type { FleetBuildView, FleetEvent, FleetFilter, FleetOptions, FleetReader } from './fleetTypes';

/** Opens the builds of a fleet for reading. Reads only the copies on this machine. Throws system errors. */
export function openFleet(options: FleetOptions): FleetReader {
  const { mirror: directory, warn = () => undefined, ...address } = options;
  const mirror = Mirror.open(directory);
  const view = (): FleetView => new FleetView(mirror, Date.now());
  const chosen = ({ journals }: FleetView, { host, app }: FleetFilter): FleetJournal[] =>
    journals.filter(
      (one) =>
        (host === undefined || one.host.name === host || one.host.id === host) &&
        (app === undefined || one.app === app),
    );
  return {
    async refresh() {
      const { nkeys } = await import('@nats-io/transport-node');
      const key = nkeys.fromSeed(Buffer.from(address.seed)).getPublicKey();
      await withFleet({ ...address, role: 'reader', name: 'library', key }, (fleet) =>
        mirror.refresh(fleet, Date.now(), warn),
      );
    },
    readAt: () => (mirror.readAt === 0 ? undefined : new Date(mirror.readAt)),
    hosts: () =>
      view().hosts.map(({ id, name, heardAt, silent }) => ({
        id,
        name,
        heardAt: heardAt === 0 ? undefined : new Date(heardAt),
        silent,
      })),
    list(filter = {}) {
      const now = view();
      const builds = chosen(now, filter).flatMap((journal) =>
        buildsOf(historyOf(mirror, journal)).map((build) => now.show(journal, build)),
      );
      return newestFirst(builds).map((build) => asJson(build) as FleetBuildView);
    },
    events: (filter = {}) => eventsOf(mirror, chosen(view(), filter), warn),
  };
}

function* eventsOf(
  mirror: Mirror,
  journals: readonly FleetJournal[],
  warn: (message: string) => void,
): Generator<FleetEvent> {
  const byKey = new Map(journals.map((journal) => [`${journal.host.id}/${journal.entry.journal}`, journal]));
  const sources = [...byKey].map(([key, { entry }]) => {
    const place = mirror.directoryOf(entry);
    // Two hosts may have apps of one name: the key tells them apart.
    return eventSource({ app: key as AppName, directory: place, buildsRoot: dirname(place), mode: 'reader' }, warn);
  });
  for (const { app: key, recorded } of mergedEvents(sources, () => true)) {
    const journal = byKey.get(key);
    if (journal === undefined) continue;
    const { host, app, entry } = journal;
    const whose = { host: host.name, host_id: host.id, journal: entry.journal };
    yield JSON.parse(JSON.stringify({ ...whose, ...eventJson((app ?? '') as AppName, recorded) })) as FleetEvent;
  }
}
