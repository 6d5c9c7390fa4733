import { appendFileSync } from 'node:fs';

import test, { type ExecutionContext } from 'ava';

import { closeJournal, openJournal } from '../../../journal/file/journalFile';
import {
  type Cut,
  holds,
  journalId,
  MOST_BYTES,
  nextPiece,
  NO_FRAME,
  parsePiece,
  pieceLine,
} from '../../../subscribers/fleet/piece';
import { framesOf } from '../../journal/file/temporaryJournal';
import { type FleetJournal, fleetJournal } from './fleetJournal';

test('the pieces of a journal are the journal, byte for byte', (t) => {
  const journal = fleetJournal(t);
  journal.deploy(300);
  t.true(Buffer.concat(cutsOf(t, journal).map(({ bytes }) => bytes)).equals(journal.bytes()));
});

test('a backlog goes in pieces of at most 64 KiB, but the newest 16 events have one each', (t) => {
  const journal = fleetJournal(t);
  journal.deploy(300);
  const cuts = cutsOf(t, journal);
  const frames = framesOf(journal.path);
  t.deepEqual(
    cuts.slice(-16).map(({ from }) => from),
    frames.slice(-16).map(({ start }) => start),
  );
  t.true(cuts.every(({ bytes }) => bytes.length <= 64 * 1024));
  t.true(cuts.length < 16 + 5, `${cuts.length} pieces`);
});

test('a piece says where its last frame stands, and the journal holds that frame', (t) => {
  const journal = fleetJournal(t);
  journal.deploy(2);
  const [, second] = cutsOf(t, journal);
  t.is(second?.frame.seq, 2);
  withJournal(t, journal, (file) => {
    const { from = 0, bytes = Buffer.alloc(0), frame = NO_FRAME } = second ?? {};
    t.true(holds(file, frame, from + bytes.length));
    t.false(holds(file, { ...frame, crc: frame.crc ^ 1 }, from + bytes.length));
    t.false(holds(file, frame, journal.bytes().length + 1));
  });
});

test('a frame that is being written is not published before it is whole', (t) => {
  const journal = fleetJournal(t);
  journal.deploy(1);
  const published = journal.bytes().length;
  appendFileSync(journal.path, journal.bytes().subarray(0, 40));
  t.is(
    cutsOf(t, journal).reduce((sum, { bytes }) => sum + bytes.length, 0),
    published,
  );
});

test('debris goes along with the frame behind it', (t) => {
  const journal = fleetJournal(t);
  journal.deploy(1);
  appendFileSync(journal.path, Buffer.alloc(100_000, 7));
  journal.deploy(1);
  t.true(Buffer.concat(cutsOf(t, journal).map(({ bytes }) => bytes)).equals(journal.bytes()));
});

test('debris that is longer than any message goes in parts', (t) => {
  const journal = fleetJournal(t);
  journal.deploy(1);
  appendFileSync(journal.path, Buffer.alloc(3 * MOST_BYTES, 7));
  journal.deploy(1);
  const cuts = cutsOf(t, journal);
  t.true(Buffer.concat(cuts.map(({ bytes }) => bytes)).equals(journal.bytes()));
  t.true(cuts.every(({ bytes }) => bytes.length <= MOST_BYTES));
  withJournal(t, journal, (file) => {
    for (const { frame, from, bytes } of cuts) t.true(holds(file, frame, from + bytes.length));
  });
});

test('a journal is known by the id of its first event', (t) => {
  const journal = fleetJournal(t);
  journal.deploy(1);
  const id = withJournal(t, journal, journalId);
  t.regex(id ?? '', /^[0-9A-Z]{26}$/);
  journal.deploy(5);
  t.is(withJournal(t, journal, journalId), id);
});

test('a journal in which nothing can be read has no id', (t) => {
  const journal = fleetJournal(t);
  appendFileSync(journal.path, Buffer.alloc(2 * MOST_BYTES));
  t.is(withJournal(t, journal, journalId), undefined);
});

test('the header of a piece can be read back, and other text is refused', (t) => {
  const piece = {
    branch: 3,
    from: 700,
    bytes: Buffer.from('x'),
    frame: { start: 600, crc: 0xdeadbeef, seq: 9 },
    upTo: 800,
  };
  t.deepEqual(parsePiece(pieceLine(piece), piece.bytes), piece);
  for (const line of [
    '',
    '2 1 0 0 0 0 0',
    '1 1 0 0 0 0',
    '1 1 -1 0 0 0 0',
    '1 1 0 0 g 0 0',
    `1 ${'9'.repeat(16)} 0 0 0 0 0`,
  ]) {
    t.is(parsePiece(line, piece.bytes), undefined, line);
  }
  t.is(parsePiece(pieceLine(piece), Buffer.alloc(0)), undefined);
});

function cutsOf(t: ExecutionContext, journal: FleetJournal): Cut[] {
  return withJournal(t, journal, (file) => {
    const cuts: Cut[] = [];
    for (let at = 0, before = NO_FRAME; ;) {
      const cut = nextPiece(file, at, before);
      if (cut === undefined) return cuts;
      cuts.push(cut);
      at += cut.bytes.length;
      before = cut.frame;
    }
  });
}

function withJournal<T>(
  t: ExecutionContext,
  { path }: FleetJournal,
  work: (file: NonNullable<ReturnType<typeof openJournal>>) => T,
): T {
  const file = openJournal(path);
  if (file === undefined) return t.fail('there is no journal');
  try {
    return work(file);
  } finally {
    closeJournal(file);
  }
}
