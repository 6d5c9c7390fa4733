import fs from 'node:fs';
import { isDeepStrictEqual } from 'node:util';

import test, { type ExecutionContext } from 'ava';

import { decodeEnvelope } from '../../../journal/file/format/envelope';
import type { BuildEvent, Recorded } from '../../../journal/events';
import { appendEvent } from '../../../journal/file/appendEvent';
import { type Head, type Journal } from '../../../journal/file/journalFile';
import { verifyJournal } from '../../../journal/file/verifyJournal';
import { canceled, finished, minute, pruned, reaped, started } from '../buildEvents';
import { appendAll, appendVoid, framesOf, readAll, temporaryJournal } from './temporaryJournal';

/** Each place of 50 events takes minutes. Of 10 events it takes seconds, and all kinds of places are among them. */
const isSoak = process.env['SOAK'] === '1';

/** 5 events of all types, again and again. */
const story: BuildEvent[] = Array.from({ length: isSoak ? 10 : 2 }, (_, n) => [
  started(`a${n}`),
  n % 2 === 0 ? finished(`a${n}`, { exitCode: n }) : canceled(`a${n}`),
  started(`b${n}`),
  reaped(`b${n}`),
  pruned(`b${n}`),
]).flat();

test('a journal cut at every byte shows every event before the cut and no other, and goes on', (t) => {
  const { journal, bytes, recorded, ends } = written(t, 0);
  let appends = 0;
  for (let cut = 0; cut < bytes.length; cut += 1) {
    fs.ftruncateSync(journal.fd, cut);
    const whole = ends.filter((end) => end <= cut).length;
    const { events, problems, head } = readAll(journal);
    if (!isDeepStrictEqual(events, recorded.slice(0, whole))) t.fail(`cut at ${cut}: other events than were written`);
    const debris = cut > head.end;
    if (debris !== problems.length > 0) t.fail(`cut at ${cut}: ${JSON.stringify(problems)}`);
    appends += goesOn(t, journal, head, events, `cut at ${cut}`);
    fs.writeSync(journal.fd, bytes.subarray(cut));
  }
  t.log(`${bytes.length} cuts of a journal of ${recorded.length} events, ${appends} appends after them`);
  t.is(appends, bytes.length);
});

test('every single flipped bit is found, and no event is shown that was not written', (t) => {
  const { journal, bytes, recorded, ends, put } = written(t, 2);
  const known = eventsIn(journal);
  let flips = 0;
  let appends = 0;
  for (let at = 0; at < bytes.length; at += 1) {
    const before = ends.filter((end) => end <= at).length;
    for (let bit = 1; bit < 0x100; bit <<= 1) {
      const what = `bit ${bit} of byte ${at}`;
      put(at, bytes.readUInt8(at) ^ bit);
      const events: Recorded[] = [];
      const { deviations } = verifyJournal(journal, (event) => events.push(event));
      if (deviations.length === 0) t.fail(`${what}: verification did not find it`);
      check(t, events, before, what);
      if (bit === 1) {
        const read = readAll(journal);
        if (read.problems.length === 0) t.fail(`${what}: readers were told nothing`);
        check(t, read.events, before, what);
        appends += goesOn(t, journal, read.head, read.events, what);
      }
      put(at, bytes.readUInt8(at));
      flips += 1;
    }
  }
  t.log(
    `${flips} flips in a journal of ${recorded.length} events and ${bytes.length} bytes, ${appends} appends after them`,
  );
  t.is(flips, 8 * bytes.length);

  function check(context: ExecutionContext, events: readonly Recorded[], before: number, what: string): void {
    const strange = events.find((one) => !known.has(JSON.stringify(one)));
    if (strange) context.fail(`${what}: ${JSON.stringify(strange)} was never written`);
    if (!events.slice(0, before).every(({ seq }, n) => seq === n + 1))
      context.fail(`${what}: an event before it is gone`);
    if (events.length < recorded.length - 1) context.fail(`${what}: more than one event is gone`);
  }
});

test('a flipped bit is found in frames that lost their race, too, when no event has followed yet', (t) => {
  const journal = temporaryJournal(t);
  const { head } = appendAll(journal, [started('b1')]);
  const won = appendEvent(journal, head, finished('b1'), minute(1), Math.random);
  for (const loser of ['late1', 'late2']) appendVoid(journal, head, canceled(loser), minute(1));
  const bytes = fs.readFileSync(journal.path);
  const put = putterOf(t, journal);
  t.deepEqual(verifyJournal(journal, () => undefined).deviations, []);
  for (let at = won.head.end; at < bytes.length; at += 1) {
    for (let bit = 1; bit < 0x100; bit <<= 1) {
      put(at, bytes.readUInt8(at) ^ bit);
      const { deviations } = verifyJournal(journal, () => undefined);
      if (deviations.length === 0) t.fail(`bit ${bit} of byte ${at}: verification did not find it`);
    }
    put(at, bytes.readUInt8(at));
  }
});

interface Written {
  readonly journal: Journal;
  readonly bytes: Buffer;
  readonly recorded: Recorded[];
  /** Offset behind each event. */
  readonly ends: number[];
  readonly put: (at: number, byte: number) => void;
}

/** The story; in its middle, `losers` frames that lost their race. */
function written(t: ExecutionContext, losers: number): Written {
  const journal = temporaryJournal(t);
  const middle = story.length / 2;
  const recorded = [...appendAll(journal, story.slice(0, middle)).recorded];
  const { head } = readAll(journal);
  recorded.push(...appendAll(journal, story.slice(middle, middle + 1)).recorded);
  for (let n = 0; n < losers; n += 1) appendVoid(journal, head, canceled(`late${n}`), minute(n));
  recorded.push(...appendAll(journal, story.slice(middle + 1)).recorded);
  t.deepEqual(readAll(journal).events, recorded);
  const seen = new Set<number>();
  const ends = framesOf(journal.path).flatMap(({ payload, end }) => {
    const seq = decodeEnvelope(payload)?.seq ?? 0;
    return seen.has(seq) ? [] : (seen.add(seq), [end]);
  });
  return { journal, recorded, bytes: fs.readFileSync(journal.path), ends, put: putterOf(t, journal) };
}

/** Puts another byte at an offset of the file: the journal's own descriptor can only append. */
function putterOf(t: ExecutionContext, { path }: Journal): (at: number, byte: number) => void {
  const fd = fs.openSync(path, 'r+');
  t.teardown(() => fs.closeSync(fd));
  return (at, byte) => void fs.writeSync(fd, Buffer.of(byte), 0, 1, at);
}

/** Every event in the file as text, those that lost their race as well. */
function eventsIn(journal: Journal): Set<string> {
  return new Set(framesOf(journal.path).map(({ payload }) => JSON.stringify(decodeEnvelope(payload)?.recorded)));
}

/** The next append works and is read, and what was there is still there; afterwards it is taken away again. */
function goesOn(t: ExecutionContext, journal: Journal, head: Head, before: Recorded[], what: string): number {
  const { size } = fs.fstatSync(journal.fd);
  const { own } = appendEvent(journal, head, started('next'), minute(99), Math.random);
  const after = readAll(journal).events;
  if (own?.seq !== head.seq + 1) t.fail(`${what}: the next append got ${own?.seq ?? 'no number'}`);
  if (!isDeepStrictEqual(after, [...before, own])) t.fail(`${what}: the next event is not shown, or another is gone`);
  fs.ftruncateSync(journal.fd, size);
  return 1;
}
