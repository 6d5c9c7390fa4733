import { closeSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import test from 'ava';

import { takeLock } from '../../../../host/files/flock';
import { verifyJournal } from '../../../../journal/file/verifyJournal';
import { closeJournal, openJournal } from '../../../../journal/file/journalFile';
import { Mirror } from '../../../../subscribers/fleet/mirror/mirror';
import { MirrorInUse } from '../../../../subscribers/fleet/mirror/mirrorLock';
import { fleetJournal, HOST, mirrored, publishAll, publisherOf, temporaryMirror } from '../fleetJournal';
import { MemoryFleet } from '../memoryFleet';

const NOW = 0;
const quiet = (): void => undefined;

test('the mirror is the journal, byte for byte, however often it is read', async (t) => {
  const [engine, journal, mirror] = [new MemoryFleet(), fleetJournal(t), temporaryMirror(t)];
  const publisher = publisherOf(engine, journal);
  for (const deploys of [30, 1, 2]) {
    journal.deploy(deploys);
    await publishAll(publisher);
    await mirror.refresh(engine, NOW, t.fail);
    await Mirror.open(mirror.directory).refresh(engine, NOW, t.fail);
    t.true(mirrored(mirror).equals(journal.bytes()));
  }
  t.is(mirror.journals[0]?.seq, 66);
});

test('nothing is read of an unchanged stream', async (t) => {
  const [engine, journal, mirror] = [new MemoryFleet(), fleetJournal(t), temporaryMirror(t)];
  journal.deploy(2);
  await publishAll(publisherOf(engine, journal));
  await mirror.refresh(engine, NOW, t.fail);
  const { reads } = engine;
  const again = Mirror.open(mirror.directory);
  await again.refresh(engine, 60_000, t.fail);
  t.is(engine.reads, reads);
  t.is(again.readAt, 60_000);
  await engine.publishState(HOST, 'host', { name: 'web1', program: '1', everySeconds: 60, journals: [] });
  await again.refresh(engine, 60_000, t.fail);
  t.like(again.index.heard(HOST, 'host'), { state: { name: 'web1' } });
});

test('nothing is read twice of a stream that grew while it was read', async (t) => {
  const [engine, journal, mirror] = [new MemoryFleet(), fleetJournal(t), temporaryMirror(t)];
  const publisher = publisherOf(engine, journal);
  journal.deploy(1);
  await publishAll(publisher);
  const streamState = engine.streamState.bind(engine);
  engine.streamState = async () => {
    const before = await streamState();
    engine.streamState = streamState;
    journal.deploy(1);
    await publishAll(publisher);
    return before;
  };
  await mirror.refresh(engine, NOW, t.fail);
  await Mirror.open(mirror.directory).refresh(engine, NOW, t.fail);
  const { reads } = engine;
  await Mirror.open(mirror.directory).refresh(engine, NOW, t.fail);
  t.is(engine.reads, reads);
  t.true(mirrored(mirror).equals(journal.bytes()));
});

test('a reader that was killed between the journal and the index stores nothing twice', async (t) => {
  const [engine, journal, mirror] = [new MemoryFleet(), fleetJournal(t), temporaryMirror(t)];
  const publisher = publisherOf(engine, journal);
  journal.deploy(3);
  await publishAll(publisher);
  await mirror.refresh(engine, NOW, t.fail);
  const index = readFileSync(join(mirror.directory, 'index.json'));
  journal.deploy(3);
  await publishAll(publisher);
  await mirror.refresh(engine, NOW, t.fail);
  writeFileSync(join(mirror.directory, 'index.json'), index);
  const again = Mirror.open(mirror.directory);
  await again.refresh(engine, NOW, t.fail);
  t.true(mirrored(again).equals(journal.bytes()));
});

test('a piece that was stored twice counts once', async (t) => {
  const [engine, journal, mirror] = [new MemoryFleet(), fleetJournal(t), temporaryMirror(t)];
  journal.deploy(4);
  await publishAll(publisherOf(engine, journal));
  const copies = engine.pieces.map((one) => ({ ...one, sequence: one.sequence + engine.pieces.length }));
  engine.pieces.push(...copies);
  await mirror.refresh(engine, NOW, t.fail);
  t.true(mirrored(mirror).equals(journal.bytes()));
});

test('a gap is asked for, and closed when the journal was published again', async (t) => {
  const [engine, journal, mirror] = [new MemoryFleet(), fleetJournal(t), temporaryMirror(t)];
  const publisher = publisherOf(engine, journal);
  journal.deploy(5);
  await publishAll(publisher);
  engine.pieces.splice(3, 2);
  await mirror.refresh(engine, NOW, t.fail);
  t.is(mirror.journals[0]?.gap, 1);
  t.like(engine.asked[0], { ask: 'publish-again', host: HOST, branch: 1 });
  publisher.publishAgain(1);
  await publishAll(publisher);
  await mirror.refresh(engine, NOW, t.fail);
  t.is(mirror.journals[0]?.gap, undefined);
  t.deepEqual(mirror.journals[0]?.rewritten, []);
  t.true(mirrored(mirror).equals(journal.bytes()));
});

test('a host that has lost its end shows as a branch, and what it lost is kept', async (t) => {
  const [engine, journal, mirror] = [new MemoryFleet(), fleetJournal(t), temporaryMirror(t)];
  const publisher = publisherOf(engine, journal);
  journal.deploy(3);
  const backup = journal.bytes();
  journal.deploy(2);
  const all = journal.bytes();
  await publishAll(publisher);
  await mirror.refresh(engine, NOW, t.fail);
  writeFileSync(journal.path, backup);
  await publishAll(publisher);
  await mirror.refresh(engine, NOW, t.fail);
  t.true(mirrored(mirror).equals(backup));
  const [entry] = mirror.journals;
  const [before] = entry?.rewritten ?? [];
  t.like(before, { same: backup.length, size: all.length });
  t.true(readFileSync(join(mirror.directoryOf(entry as never), before?.file ?? '')).equals(all));
});

test('a host that rewrites its past shows as a branch from the first difference', async (t) => {
  const [engine, journal, mirror] = [new MemoryFleet(), fleetJournal(t), temporaryMirror(t)];
  const publisher = publisherOf(engine, journal);
  journal.deploy(3);
  const same = journal.bytes().length;
  journal.deploy(2);
  await publishAll(publisher);
  await mirror.refresh(engine, NOW, t.fail);
  truncateSync(journal.path, same);
  journal.deploy(7); // other events in the place of those
  await publishAll(publisher);
  await mirror.refresh(engine, NOW, t.fail);
  t.true(mirrored(mirror).equals(journal.bytes()));
  const [before] = mirror.journals[0]?.rewritten ?? [];
  t.true((before?.same ?? 0) >= same);
  const file = openJournal(join(mirror.directoryOf(mirror.journals[0] as never), 'events.journal'));
  if (file === undefined) return t.fail();
  t.deepEqual(verifyJournal(file, quiet).deviations, []);
  closeJournal(file);
});

for (const [what, change] of [
  ['was made again', (engine: MemoryFleet) => Object.assign(engine, { created: '2027-01-01T00:00:00Z' })],
  ['has lost its end', (engine: MemoryFleet) => engine.forgetTail(3)],
  [
    'has lost its end and has got another one',
    (engine: MemoryFleet) => {
      const [last] = engine.pieces.splice(-1);
      if (last) engine.pieces.push({ ...last, piece: { ...last.piece, bytes: Buffer.from('other') } });
    },
  ],
] as const) {
  test(`a stream that ${what} is noticed, read again, and what was known is kept`, async (t) => {
    const [engine, journal, mirror] = [new MemoryFleet(), fleetJournal(t), temporaryMirror(t)];
    journal.deploy(5);
    await publishAll(publisherOf(engine, journal));
    await mirror.refresh(engine, NOW, t.fail);
    change(engine);
    const warnings: string[] = [];
    await mirror.refresh(engine, NOW, (message) => warnings.push(message));
    t.is(warnings.length, 1);
    t.regex(warnings[0] ?? '', /read again/);
    t.deepEqual(readdirSync(join(mirror.directory, 'journals.before')), [HOST]);
    await publishAll(publisherOf(engine, journal));
    await mirror.refresh(engine, NOW, t.fail);
    t.true(mirrored(mirror).equals(journal.bytes()));
  });
}

test('a mirror that has lost bytes is read again', async (t) => {
  const [engine, journal, mirror] = [new MemoryFleet(), fleetJournal(t), temporaryMirror(t)];
  journal.deploy(5);
  const publisher = publisherOf(engine, journal);
  await publishAll(publisher);
  await mirror.refresh(engine, NOW, t.fail);
  truncateSync(join(mirror.directoryOf(mirror.journals[0] as never), 'events.journal'), 100);
  journal.deploy(1);
  await publishAll(publisher);
  await mirror.refresh(engine, NOW, quiet);
  t.true(mirrored(mirror).equals(journal.bytes()));
});

test('one process at a time reads into a mirror', async (t) => {
  const engine = new MemoryFleet();
  const mirror = Mirror.open(temporaryMirror(t).directory, 0);
  const lock = takeLock(join(mirror.directory, 'lock'));
  await t.throwsAsync(() => mirror.refresh(engine, NOW, t.fail), { instanceOf: MirrorInUse });
  closeSync(lock ?? -1);
  await t.notThrowsAsync(() => mirror.refresh(engine, NOW, t.fail));
});
