import { appendFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';

import test from 'ava';

import { createSandbox, type Sandbox } from '../../../scripts/sandbox/host';
import { untilConcluded } from '../deploys/waiters';
import { type JournalEvent, readJournal } from './journalReader';

/* docs/journal-format.md is right when a reader that was written from it alone agrees with the program. */

const page = readFileSync(join(__dirname, '..', '..', '..', 'docs', 'journal-format.md'), 'utf8');

let host: Sandbox;
test.before(async () => {
  host = await createSandbox();
});
test.after.always(() => host.remove());

/** The bytes of the page's hex dump. */
function dumpedJournal(): Buffer {
  const lines = (/```hex\n(.*?)```/s.exec(page)?.[1] ?? '').trimEnd().split('\n');
  const offsets = lines.map((line) => parseInt(line.slice(0, 4), 16));
  if (offsets.some((offset, line) => offset !== 16 * line)) throw new Error('the offsets of the dump are not in step');
  return Buffer.from(
    lines
      .map((line) => line.slice(6, 53))
      .join(' ')
      .replaceAll(' ', ''),
    'hex',
  );
}

/** The JSON of an event as `builds:events` prints it; docs/events.md names the keys. */
function eventJson(app: string, { seq, id, at, type, data }: JournalEvent): unknown {
  const { build = null, process, ...rest } = data as Record<string, unknown>;
  const { pid, group, startTicks, bootId } = (process ?? {}) as Record<string, unknown>;
  const named = { startedAt: 'started_at', finishedAt: 'finished_at', exitCode: 'exit_code' } as Record<string, string>;
  const others = Object.entries(rest).map(([name, value]) => [named[name] ?? name, value] as const);
  const identity = { pid, process_group: group, start_ticks: startTicks, boot_id: bootId };
  const json = { seq, id, time: new Date(at).toISOString(), type, app, build, ...identity };
  return JSON.parse(JSON.stringify({ ...json, ...Object.fromEntries(others) }));
}

/** What the program prints, one event a line. */
function parseLines(text: string): unknown[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as unknown);
}

async function printedEvents(app: string): Promise<unknown[]> {
  return parseLines((await host.dokku(['builds:events', app, '--format', 'jsonl'])).stdout);
}

interface Verified {
  readonly intact: boolean;
  readonly void_frames: number;
  readonly unknown_events: number;
  readonly torn_bytes: number;
  readonly head: { readonly digest: string };
  readonly deviations: readonly { readonly kind: string; readonly seq?: number }[];
}

async function verified(app: string): Promise<Verified> {
  return JSON.parse((await host.dokku(['builds:verify', app, '--format', 'json'])).stdout) as Verified;
}

function journalPath(app: string): string {
  return host.file(app, 'events.journal');
}

async function record(app: string, build: string, exitCode: number): Promise<void> {
  await host.trigger('builds-record-start', [app, build, String(process.pid), 'git-hook']);
  await host.trigger('builds-record-finalize', [app, build, String(exitCode)]);
}

/** Puts a right CRC into the header of the frame that begins at `start`, as an editor would who knows the format. */
function mendCrc(file: Buffer, start: number): void {
  const length = file.readUInt32LE(start + 4);
  file.writeUInt32LE(crc32(file.subarray(start + 12, start + 12 + length)), start + 8);
}

test('the journal on the page holds the events that the page says it prints', (t) => {
  const journal = readJournal(dumpedJournal());
  t.like(journal, { damaged: 0, voidFrames: 0, badDigests: [], missing: [], disputed: [], unknown: [] });
  t.deepEqual(
    journal.events.map((event) => eventJson('shop', event)),
    parseLines(/```jsonl\n(.*?)```/s.exec(page)?.[1] ?? ''),
  );
  t.true(page.includes(`\`${journal.headDigest ?? 'none'}\``));
  t.true(
    page.includes(`That of the nine bytes \`123456789\` is \`0x${crc32('123456789').toString(16).toUpperCase()}\``),
  );
});

test('the program reads the journal on the page as the page says', async (t) => {
  await host.createApp('shop');
  host.write(journalPath('shop'), dumpedJournal());
  t.deepEqual(await printedEvents('shop'), parseLines(/```jsonl\n(.*?)```/s.exec(page)?.[1] ?? ''));
  t.is(readJournal(dumpedJournal()).headDigest, (await verified('shop')).head.digest);
});

test('every byte that the page explains stands where the page says', (t) => {
  const dump = dumpedJournal();
  const rows = [...page.matchAll(/^\| ([0-9a-f]{4}) +\| (`[^|]*`) +\|/gm)];
  t.is(rows.length, 14);
  let next = 0;
  for (const [, offset = '', cells = ''] of rows.slice(0, 13)) {
    t.is(parseInt(offset, 16), next, `a gap before ${offset}`);
    const [head = '', tail] = cells.split('…').map((part) => part.replace(/[` ]/g, ''));
    const bytes = Buffer.from(head, 'hex');
    t.deepEqual(dump.subarray(next, next + bytes.length), bytes);
    const lengths: Record<string, number> = { c4: 34, ba: 27, ac: 13 }; // head, length and content
    next += tail === undefined ? bytes.length : (lengths[head.slice(0, 2)] ?? 0);
    if (tail !== undefined) t.is(dump.subarray(next - tail.length / 2, next).toString('hex'), tail);
  }
});

test('a reader written from the page reads all that the program writes: every event, races, a write that was cut off', async (t) => {
  await host.createApp('all');
  const stock = { id: 'stock1', app: 'all', started_at: '2026-04-30T13:50:00.123456789+02:00', status: 'canceled' };
  host.write(host.file('all', 'stock1.json'), JSON.stringify({ ...stock, kind: 'build', pid: 0, source: 'gitée' }));
  await record('all', 'b1', 0);
  await record('all', 'b2', -9);
  const torn = readFileSync(journalPath('all')).subarray(0, 100);
  appendFileSync(journalPath('all'), torn);
  await Promise.all(Array.from({ length: 8 }, (_, i) => record('all', `race${i}`, 300 + i)));
  const captured = host.start(['dokku-builds', 'capture', 'all', '--', 'sh', '-c', host.gate().announced('begun')]);
  await captured.until('begun');
  await host.dokku(['builds:cancel', 'all'], { env: { SSH_NAME: 'ben', SSH_ORIGINAL_COMMAND: 'builds:cancel all' } });
  await captured.finished;
  await host.trigger('builds-record-start', ['all', 'polled', String(process.pid), 'git:sync']);
  await host.trigger('builds-record-discard', ['all', 'polled']);
  await host.dokku(['builds:set', 'all', 'retention', '2']);
  await host.dokku(['builds:prune', 'all']);
  await untilConcluded(host, process.pid); // what runs behind the capture may write, too

  const journal = readJournal(readFileSync(journalPath('all')));
  const printed = await printedEvents('all');
  t.deepEqual(
    journal.events.map((event) => eventJson('all', event)),
    printed,
  );
  t.deepEqual([...new Set(journal.events.map(({ type }) => type))].sort(), [
    'BuildCanceled',
    'BuildFinished',
    'BuildStarted',
    'Pruned',
  ]);
  t.deepEqual(
    journal.events.map(({ seq }) => seq),
    printed.map((_, index) => index + 1),
  );
  t.like(journal, { badDigests: [], missing: [], disputed: [], unknown: [], damaged: torn.length });
  const { head, void_frames, torn_bytes, intact, deviations } = await verified('all');
  t.deepEqual(deviations, []);
  t.deepEqual(
    { head: head.digest, void_frames, torn_bytes, intact },
    { head: journal.headDigest, void_frames: journal.voidFrames, torn_bytes: torn.length, intact: true },
  );
});

test('a reader written from the page reads damaged, edited and newer journals in the same way', async (t) => {
  await host.createApp('hurt');
  const builds = ['b1', 'b2', 'b3'];
  for (const build of builds) await record('hurt', build, 1);
  // else they are adopted where the journal lost them
  for (const build of builds) rmSync(host.file('hurt', `${build}.json`));
  const intact = readFileSync(journalPath('hurt'));
  const starts = [...intact.toString('latin1').matchAll(/\xc1db1/g)].map(({ index }) => index);
  const [b2 = 0, b3 = 0] = [starts[2], starts[5]]; // the start of the one, the end of the other
  const edits: Record<string, (file: Buffer) => void> = {
    'a flipped bit': (file) => file.writeUInt8(file.readUInt8(b2 + 80) ^ 4, b2 + 80),
    'an edited event, its CRC made right': (file) => {
      file.write('b9', file.indexOf('b2', b2), 'latin1');
      mendCrc(file, b2);
    },
    'an edited last event, its CRC made right': (file) => {
      file.write('b9', file.indexOf('b3', b3), 'latin1');
      mendCrc(file, b3);
    },
    'a last event of a later schema': (file) => {
      file.writeUInt8(3, b3 + 13);
      mendCrc(file, b3);
    },
  };
  for (const [what, edit] of Object.entries(edits)) {
    const file = Buffer.from(intact);
    edit(file);
    writeFileSync(journalPath('hurt'), file);
    const journal = readJournal(file);
    t.deepEqual(
      journal.events.map((event) => eventJson('hurt', event)),
      await printedEvents('hurt'),
      what,
    );
    const { deviations, unknown_events } = await verified('hurt');
    const seqs = (kind: string): unknown[] => deviations.filter((one) => one.kind === kind).map(({ seq }) => seq);
    t.deepEqual(seqs('disputed'), journal.disputed, what);
    t.deepEqual(seqs('gap'), journal.missing, what);
    t.is(unknown_events, journal.unknown.length, what);
    t.true(
      journal.badDigests.every((seq) => deviations.some((one) => one.seq === seq || one.kind === 'gap')),
      what,
    );
  }
});
