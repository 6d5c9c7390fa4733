import test, { type ExecutionContext } from 'ava';

import { FleetView } from '../../../../subscribers/fleet/mirror/fleetView';
import { EPOCH, minute, runningBuild } from '../../../journal/buildEvents';
import { HOST, temporaryMirror } from '../fleetJournal';

const JOURNAL = '01JHZX3M8Q4W5N6P7R8S9T0AAA';
const build = runningBuild('b1');
const hostState = { name: 'web1', program: '1.0.0', everySeconds: 60, journals: [JOURNAL] };

/** How a reader that has got this shows the build at `now`. */
function statusAt(
  t: ExecutionContext,
  now: number,
  told: {
    host?: object;
    hostAt?: number;
    journal?: object;
    journalAt?: number;
    /** When the host that had to answer was heard before. */
    asked?: number;
    askedAt?: number;
    answers?: boolean;
  } = {},
): string {
  const mirror = temporaryMirror(t);
  const { hostAt = EPOCH, journalAt = EPOCH } = told;
  mirror.index.journal({ host: HOST, journal: JOURNAL }).open = [build];
  mirror.index.hear(HOST, 'host', { at: hostAt, state: told.host ?? hostState });
  const state = told.journal ?? { app: 'shop', alive: ['b1'], dead: [] };
  mirror.index.hear(HOST, JOURNAL, { at: journalAt, state });
  const answer = { host: HOST, journals: { [JOURNAL]: { alive: [build.id], dead: [] } } };
  const view = new FleetView(mirror, now, {
    at: told.askedAt ?? now,
    byHost: new Map(told.answers === true ? [[HOST, answer]] : []),
    asked: new Map(told.asked === undefined ? [] : [[HOST, told.asked]]),
  });
  const [journal] = view.journals;
  return journal === undefined ? 'nothing' : view.show(journal, build).shown.displayStatus;
}

test('a build runs as long as its host says so', (t) => {
  t.is(statusAt(t, minute(2)), 'running');
  t.is(statusAt(t, minute(2), { journal: { app: 'shop', alive: [], dead: ['b1'] } }), 'abandoned');
});

test('a build of a host that has not been heard for three times its interval is unknown, never running', (t) => {
  t.is(statusAt(t, minute(3)), 'running');
  t.is(statusAt(t, minute(3) + 1), 'unknown');
  t.is(statusAt(t, minute(3) + 1, { answers: true }), 'running');
});

test('a build of a host that was asked and does not answer is unknown', (t) => {
  t.is(statusAt(t, minute(0), { asked: EPOCH }), 'unknown');
  t.is(statusAt(t, minute(0), { asked: EPOCH, answers: true }), 'running');
});

test('an answer counts for three intervals, and until the host has published something newer', (t) => {
  const journal = { app: 'shop', alive: [], dead: ['b1'] };
  const answers = { answers: true, askedAt: minute(1), journal, hostAt: minute(-9) };
  t.is(statusAt(t, minute(4), answers), 'running');
  t.is(statusAt(t, minute(4) + 1, answers), 'unknown');
  t.is(statusAt(t, minute(3), { ...answers, journalAt: minute(2) }), 'abandoned');
});

test('a host that did not answer and is heard later is no longer silent', (t) => {
  t.is(statusAt(t, minute(1), { asked: EPOCH, hostAt: minute(1) }), 'running');
});

test('a host that left is silent from then on', (t) => {
  t.is(statusAt(t, minute(0), { host: { ...hostState, left: true } }), 'unknown');
});

test('a build of which its host has said nothing yet is unknown', (t) => {
  t.is(statusAt(t, minute(0), { journal: { app: 'shop', alive: [], dead: [] } }), 'unknown');
  t.is(statusAt(t, minute(0), { journal: { nonsense: true } }), 'unknown');
});

test('a running build of a destroyed app is abandoned, unless its journal is newer than the list of its host', (t) => {
  const host = { ...hostState, journals: [] };
  t.is(statusAt(t, minute(2), { host, hostAt: minute(1), journalAt: minute(0) }), 'abandoned');
  t.is(statusAt(t, minute(2), { host, hostAt: minute(0), journalAt: minute(1) }), 'running');
});

test('a host without a printable name is called by its id', (t) => {
  const mirror = temporaryMirror(t);
  mirror.index.hear(HOST, 'host', { at: EPOCH, state: { ...hostState, name: '<script>' } });
  t.is(new FleetView(mirror, EPOCH).hosts[0]?.name, HOST);
});
