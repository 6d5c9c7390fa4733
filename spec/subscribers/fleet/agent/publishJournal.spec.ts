import { readFileSync, rmSync, writeFileSync } from 'node:fs';

import test from 'ava';

import { EngineAway } from '../../../../subscribers/fleet/engine';
import { fleetJournal, publishAll, publisherOf } from '../fleetJournal';
import { MemoryFleet } from '../memoryFleet';

test('everything is published once, and what comes later behind it', async (t) => {
  const [engine, journal] = [new MemoryFleet(), fleetJournal(t)];
  const publisher = publisherOf(engine, journal);
  journal.deploy(3);
  await publishAll(publisher);
  journal.deploy(1);
  t.deepEqual(await publishAll(publisher), ['published', 'published']);
  t.true(bytesOf(engine).equals(journal.bytes()));
});

test('a publisher without local state goes on where the stream ends', async (t) => {
  const [engine, journal] = [new MemoryFleet(), fleetJournal(t)];
  journal.deploy(3);
  await publishAll(publisherOf(engine, journal));
  journal.deploy(1);
  t.is((await publishAll(publisherOf(engine, journal))).length, 2);
  t.true(bytesOf(engine).equals(journal.bytes()));
});

test('an acknowledgement that was lost makes no second copy', async (t) => {
  const [engine, journal] = [new MemoryFleet(), fleetJournal(t)];
  const publisher = publisherOf(engine, journal);
  journal.deploy(2);
  engine.accidents.push('acknowledgement is lost', 'away', 'acknowledgement is lost');
  for (let tries = 0; tries < 3; tries += 1) await t.throwsAsync(() => publisher.step(), { instanceOf: EngineAway });
  await publishAll(publisher);
  t.true(bytesOf(engine).equals(journal.bytes()));
});

test('two publishers of one journal store each byte once', async (t) => {
  const [engine, journal] = [new MemoryFleet(), fleetJournal(t)];
  const [one, other] = [publisherOf(engine, journal), publisherOf(engine, journal)];
  journal.deploy(20);
  const steps = await Promise.all([publishAll(one), publishAll(other)]);
  t.true(steps.flat().includes('conflict'));
  t.true(bytesOf(engine).equals(journal.bytes()));
});

test('an end that the stream has forgotten is published again', async (t) => {
  const [engine, journal] = [new MemoryFleet(), fleetJournal(t)];
  const publisher = publisherOf(engine, journal);
  journal.deploy(5);
  await publishAll(publisher);
  engine.forgetTail(4);
  publisher.askAgain();
  await publishAll(publisher);
  t.true(bytesOf(engine).equals(journal.bytes()));
  engine.forgetTail(engine.pieces.length);
  journal.deploy(1); // the next append is refused, and so the place is asked for
  await publishAll(publisher);
  t.true(bytesOf(engine).equals(journal.bytes()));
});

test('a journal that is not the one that was published begins a branch at byte 0', async (t) => {
  const [engine, journal] = [new MemoryFleet(), fleetJournal(t)];
  journal.deploy(3);
  const backup = readFileSync(journal.path);
  journal.deploy(2);
  const publisher = publisherOf(engine, journal);
  await publishAll(publisher);
  writeFileSync(journal.path, backup);
  await publishAll(publisher);
  t.true(bytesOf(engine, 2).equals(backup));
  t.is(engine.pieces.at(-1)?.piece.upTo, backup.length);
  journal.deploy(1);
  await publishAll(publisherOf(engine, journal));
  t.true(bytesOf(engine, 2).equals(journal.bytes()));
});

test('a journal is published again from byte 0 when somebody has found a gap in it, and once only', async (t) => {
  const [engine, journal] = [new MemoryFleet(), fleetJournal(t)];
  const publisher = publisherOf(engine, journal);
  journal.deploy(3);
  await publishAll(publisher);
  publisher.publishAgain(1);
  await publishAll(publisher);
  publisher.publishAgain(1);
  t.deepEqual(await publishAll(publisher), []);
  t.true(bytesOf(engine, 2).equals(journal.bytes()));
});

test('an app that was destroyed and made again has another journal', async (t) => {
  const [engine, journal] = [new MemoryFleet(), fleetJournal(t)];
  const publisher = publisherOf(engine, journal);
  journal.deploy(3);
  await publishAll(publisher);
  rmSync(journal.path);
  t.is((await publisher.step()).type, 'none');
  journal.deploy(1);
  await publishAll(publisher);
  t.is(new Set(engine.pieces.map(({ of }) => of.journal)).size, 2);
  t.deepEqual(new Set(engine.pieces.map(({ piece }) => piece.branch)), new Set([1]));
});

function bytesOf(engine: MemoryFleet, branch = 1): Buffer {
  return Buffer.concat(engine.pieces.filter(({ piece }) => piece.branch === branch).map(({ piece }) => piece.bytes));
}
