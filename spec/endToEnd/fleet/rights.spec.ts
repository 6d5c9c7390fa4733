import { type MsgHdrs, headers } from '@nats-io/transport-node';
import type { ExecutionContext } from 'ava';
import { ulid } from 'ulid';

import { newMember } from '../../../scripts/fleet/newMember';
import { JournalPublisher } from '../../../subscribers/fleet/agent/publishJournal';
import { EngineAway } from '../../../subscribers/fleet/engine';
import { FleetView } from '../../../subscribers/fleet/mirror/fleetView';
import {
  answersOn,
  ASK,
  JOURNALS,
  PIECE_HEADER,
  STATES,
  subjectOf,
} from '../../../subscribers/fleet/nats/natsMessages';
import { makeStreams, managerOf } from '../../../subscribers/fleet/nats/natsStreams';
import { pieceLine } from '../../../subscribers/fleet/piece';
import { fleetJournal, mirrored, publishAll, temporaryMirror } from '../../subscribers/fleet/fleetJournal';
import { PATIENT_MS, startServer, withServer } from './server';

const piece = { branch: 1, from: 0, bytes: Buffer.from('hello'), frame: { start: 0, crc: 7, seq: 1 }, upTo: 5 };

/** A server with its streams, its members, and the connections of two hosts and a reader. */
async function twoHosts(t: ExecutionContext) {
  const [host, other, reader, administrator] = [
    newMember('host'),
    newMember('host'),
    newMember('reader'),
    newMember('administrator'),
  ];
  const own = await startServer(t, [host, other, reader, administrator]);
  await makeStreams(await own.connect(administrator), 1);
  const [fleet, theirs, reading] = [await own.connect(host), await own.connect(other), await own.connect(reader)];
  return { own, host, other, administrator, fleet, theirs, reading };
}

withServer(
  'a host can write and read its own alone, a reader can write nothing, and neither can destroy',
  async (t) => {
    const { own, host, other, administrator, fleet, theirs, reading } = await twoHosts(t);
    const [of, ofOther] = [
      { host: host.id, journal: ulid() },
      { host: other.id, journal: ulid() },
    ];
    await fleet.append(of, piece, 0);
    await theirs.append(ofOther, piece, 0);
    const away = { instanceOf: EngineAway };
    await t.throwsAsync(fleet.append(ofOther, piece, 2), away);
    await t.throwsAsync(fleet.lastPiece(ofOther), away);
    await t.throwsAsync((await own.connect(host, 5000)).readFrom(1), away); // no answer comes
    await t.throwsAsync(fleet.publishState(other.id, 'host', {}), away);
    await t.throwsAsync(reading.append(of, piece, 1), away);
    await t.throwsAsync(reading.publishState(host.id, 'host', {}), away);
    const bySequence = { payload: JSON.stringify({ seq: 2 }), place: `${JOURNALS}.dkb.${host.id}.j.${of.journal}` };
    const answer = await fleet.connection.request(`$JS.API.DIRECT.GET.${bySequence.place}`, bySequence.payload);
    t.not(answer.headers?.get('Nats-Subject'), `dkb.${other.id}.j.${ofOther.journal}`);
    for (const one of [fleet, reading]) {
      for (const call of ['STREAM.DELETE', 'STREAM.PURGE', 'STREAM.MSG.DELETE', 'STREAM.UPDATE', 'CONSUMER.CREATE']) {
        await t.throwsAsync(
          one.connection.request(`$JS.API.${call}.${JOURNALS}`, '{}', { timeout: 300 }),
          undefined,
          call,
        );
      }
    }
    const manager = await managerOf(await own.connect(administrator));
    await t.throwsAsync(manager.streams.purge(JOURNALS));
    await t.throwsAsync(manager.streams.deleteMessage(JOURNALS, 1));
  },
);

withServer('a host answers for itself alone, whatever its answer says', async (t) => {
  const { host, other, fleet: attacker, reading } = await twoHosts(t);
  const ask = () => reading.ask({ ask: 'running' }, 1000, (answers) => answers.length > 0);
  const { connection } = attacker;
  const forged = JSON.stringify({ host: other.id, journals: {} });
  connection.subscribe(ASK, {
    callback: (_, { reply = '' }) => {
      for (const subject of [reply, answersOn(other.id, reply)]) connection.publish(subject, forged);
    },
  });
  await connection.flush();
  t.deepEqual(await ask(), []);
  attacker.answer(host.id, () => ({ host: other.id, journals: {} }));
  await connection.flush();
  t.deepEqual(await ask(), [{ host: host.id, journals: {} }]);
});

withServer('nobody without a key of the configuration gets in', async (t) => {
  const own = await startServer(t, [newMember('host')]);
  await t.throwsAsync(own.connect(newMember('host')), { instanceOf: EngineAway });
});

/*
 * A server does not check where its answers go: a host can have an acknowledgement, or one of its own messages, sent
 * to the subject of another host, where it is stored.
 */
withServer('a host cannot write a piece or a state of another one, by whatever way', async (t) => {
  const { host, other, fleet: attacker, theirs, reading } = await twoHosts(t);
  const [journal, mirror] = [fleetJournal(t), temporaryMirror(t)];
  const publisher = (): JournalPublisher => new JournalPublisher(theirs, other.id, journal.path);
  journal.deploy(1);
  await publishAll(publisher());
  const again = publisher();
  again.publishAgain(1); // from now on it is branch 2
  await publishAll(again);
  const state = (name: string) => ({ name, program: '1', everySeconds: 60, journals: [] });
  await theirs.publishState(other.id, 'host', state('theirs'));
  const isIntact = async (): Promise<void> => {
    await mirror.refresh(reading, Date.now(), (message) => t.fail(message));
    const theirJournals = mirror.journals.filter((one) => one.host === other.id);
    t.deepEqual(
      theirJournals.map(({ rewritten, gap }) => ({ rewritten, gap })),
      [{ rewritten: [], gap: undefined }],
    );
    t.true(mirrored(mirror, other.id).equals(journal.bytes()));
    t.is(new FleetView(mirror, Date.now()).hosts.find(({ id }) => id === other.id)?.name, 'theirs');
  };
  await isIntact();
  const [stored] = mirror.journals;
  const target = { host: other.id, journal: stored?.journal ?? '' };
  const mine = { host: host.id, journal: ulid() };
  const subjects = { piece: subjectOf(target), state: `dkb.${other.id}.now.host` };
  const forged = headers();
  forged.set(PIECE_HEADER, pieceLine({ ...piece, branch: 9 }));

  // a message of its own that claims another subject
  const claiming = (subject: string): MsgHdrs => {
    const claim = headers();
    for (const [name, value] of Object.entries({ 'Nats-Subject': subject, 'Nats-Sequence': '1' }))
      claim.set(name, value);
    return claim;
  };
  const claim = claiming(subjects.piece);
  claim.set(PIECE_HEADER, pieceLine({ ...piece, branch: 9 }));
  await attacker.connection.request(subjectOf(mine), piece.bytes, { headers: claim, timeout: PATIENT_MS });
  const text = JSON.stringify(state('forged'));
  await attacker.connection.request(`dkb.${host.id}.now.host`, text, {
    headers: claiming(subjects.state),
    timeout: PATIENT_MS,
  });
  await isIntact();

  // acknowledgements and messages that are sent there
  const send = async (subject: string, body: Uint8Array | string, to: string, fields?: MsgHdrs): Promise<void> => {
    attacker.connection.publish(subject, body, { reply: to, ...(fields !== undefined && { headers: fields }) });
    await attacker.connection.request(`dkb.${host.id}.now.host`, text); // the server works in order
  };
  await send(subjectOf(mine), piece.bytes, subjects.piece, forged);
  await send(`$JS.API.DIRECT.GET.${JOURNALS}.${subjectOf(mine)}`, '', subjects.piece);
  await isIntact();
  await send(`dkb.${host.id}.now.host`, text, subjects.state);
  await send(`$JS.API.DIRECT.GET.${STATES}.dkb.${host.id}.now.host`, '', subjects.state);
  await isIntact();
  journal.deploy(1);
  await publishAll(publisher());
  await isIntact();
  t.is((await theirs.lastPiece(target))?.piece.frame.seq, 4);
});
