import { mkdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import test, { type ExecutionContext } from 'ava';

import { parseAppName } from '../../../../host/dokku/names';
import { AppJournal } from '../../../../subscribers/fleet/agent/appJournal';
import { EngineAway } from '../../../../subscribers/fleet/engine';
import { temporaryDirectory } from '../../../temporaryHost';
import { type FleetJournal, fleetJournal, HOST } from '../fleetJournal';
import { MemoryFleet } from '../memoryFleet';

function published(t: ExecutionContext): { engine: MemoryFleet; file: FleetJournal; journal: AppJournal } {
  const [engine, root] = [new MemoryFleet(), temporaryDirectory(t)];
  mkdirSync(join(root, 'shop'));
  const file = fleetJournal(t, join(root, 'shop'));
  file.deploy(2);
  return { engine, file, journal: new AppJournal(engine, HOST, parseAppName('shop'), root) };
}

const publish = (journal: AppJournal): Promise<void> => journal.publish({ pieces: 0, bytes: 0, journals: 0 });

test('a journal is unchanged after it was published, until an event is appended', async (t) => {
  const { file, journal } = published(t);
  t.false(journal.isUnchanged);
  await publish(journal);
  t.true(journal.isUnchanged);
  file.deploy(1);
  t.false(journal.isUnchanged);
});

test('another file of the same size and time in place of a journal is a change', async (t) => {
  const { file, journal } = published(t);
  await publish(journal);
  const { atime, mtime } = statSync(file.path);
  writeFileSync(`${file.path}.new`, readFileSync(file.path));
  renameSync(`${file.path}.new`, file.path);
  utimesSync(file.path, atime, mtime);
  t.false(journal.isUnchanged);
  await publish(journal);
  const bytes = readFileSync(file.path);
  writeFileSync(file.path, bytes.fill(0, bytes.length - 1));
  utimesSync(file.path, atime, mtime);
  t.false(journal.isUnchanged);
});

test('a journal of which something may not be published is not unchanged', async (t) => {
  const { engine, file, journal } = published(t);
  await publish(journal);
  journal.askAgain();
  t.false(journal.isUnchanged);
  await publish(journal);
  file.deploy(1);
  engine.accidents.push('away');
  await t.throwsAsync(() => publish(journal), { instanceOf: EngineAway });
  t.false(journal.isUnchanged);
});

test('an app that was destroyed is gone', async (t) => {
  const { file, journal } = published(t);
  await publish(journal);
  t.false(journal.isGone);
  rmSync(join(file.path, '..'), { recursive: true });
  t.false(journal.isUnchanged);
  await publish(journal);
  t.true(journal.isGone);
});
