import { appendFileSync, readFileSync } from 'node:fs';

import test from 'ava';

import { hasFrameAt } from '../../../journal/file/journalFile';
import { type Piece, pieceFrom } from '../../../journal/file/pieces';
import { canceled, finished, minute, pruned, started } from '../buildEvents';
import { appendAll, appendVoid, framesOf, temporaryJournal } from './temporaryJournal';
import type { Journal } from '../../../journal/file/journalFile';

const many = Array.from({ length: 250 }, (_, n) => `${String(n).padStart(3, '0')}${'x'.repeat(120)}`);
const story = [started('b1'), finished('b1'), pruned(...many), started('b2'), canceled('b2'), pruned('b2')];

test('all pieces, one after the other, are the file, whatever their limit', (t) => {
  const journal = temporaryJournal(t);
  const { head } = appendAll(journal, story);
  appendAll(journal, [started('b3')]);
  appendVoid(journal, head, started('late'), minute(1));
  appendFileSync(journal.path, 'debris');
  appendAll(journal, [...story, ...story, finished('b3')]);
  const ends = framesOf(journal.path).map(({ end }) => end);
  const file = readFileSync(journal.path);
  for (const limit of [1, 300, 1000, 40_000, 100_000, 2 ** 40]) {
    const pieces = piecesOf(journal, limit);
    t.deepEqual(Buffer.concat(pieces.map(({ from, to }) => file.subarray(from, to))), file);
    for (const { from, to } of pieces) {
      t.true(ends.includes(to));
      t.true(to - from <= limit || ends.filter((end) => end > from && end <= to).length === 1);
    }
    t.is(pieces.length === 1, limit >= file.length);
  }
});

test('what follows the last frame is in no piece until a frame follows it', (t) => {
  const journal = temporaryJournal(t);
  t.is(pieceFrom(journal, 0, 1000), undefined);
  const { head } = appendAll(journal, story.slice(0, 1));
  appendFileSync(journal.path, readFileSync(journal.path).subarray(0, 50));
  t.deepEqual(piecesOf(journal, 1000), [{ from: 0, to: head.end }]);
  t.is(pieceFrom(journal, head.end, 1000), undefined);
  const behind = appendAll(journal, story.slice(1, 2)).head;
  t.deepEqual(pieceFrom(journal, head.end, 1000), { from: head.end, to: behind.end });
});

test('a frame is at an offset if it is intact and has that CRC', (t) => {
  const journal = temporaryJournal(t);
  appendAll(journal, story);
  const frames = framesOf(journal.path);
  for (const { start, crc } of frames) {
    t.true(hasFrameAt(journal, start, crc));
    t.false(hasFrameAt(journal, start, crc ^ 1));
    t.false(hasFrameAt(journal, start + 1, crc));
  }
  const last = frames.at(-1);
  t.false(hasFrameAt(journal, last?.end ?? 0, 0));
  t.false(hasFrameAt(journal, 2 ** 40, 5));
  appendFileSync(journal.path, readFileSync(journal.path).subarray(0, 50));
  t.false(hasFrameAt(journal, last?.end ?? 0, frames[0]?.crc ?? 0));
});

function piecesOf(journal: Journal, limit: number): Piece[] {
  const pieces: Piece[] = [];
  for (let at = 0; ; at = pieces.at(-1)?.to ?? 0) {
    const piece = pieceFrom(journal, at, limit);
    if (piece === undefined) return pieces;
    pieces.push(piece);
  }
}
