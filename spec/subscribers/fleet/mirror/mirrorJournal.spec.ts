import fs, { readFileSync } from 'node:fs';
import { join } from 'node:path';

import test from 'ava';

import { applyPiece } from '../../../../subscribers/fleet/mirror/mirrorJournal';
import type { MirroredJournal } from '../../../../subscribers/fleet/mirror/mirrorIndex';
import type { Piece } from '../../../../subscribers/fleet/piece';
import { temporaryDirectory } from '../../../temporaryHost';

test.serial('the copy that takes the place of an earlier past is on disk before it does, and its name is then', (t) => {
  const directory = temporaryDirectory(t);
  const none = { branch: 0, end: 0, size: 0, upTo: 0, rewritten: [], seq: 0, stored: 0, open: [] };
  const entry: MirroredJournal = { host: 'web1', journal: 'shop', ...none };
  applyPiece(directory, entry, pieceOf(1, 'same, then this'));

  const order: string[] = [];
  const { fsyncSync, renameSync } = fs;
  t.teardown(() => Object.assign(fs, { fsyncSync, renameSync }));
  const watched = (name: string, call: (...args: never[]) => void) => {
    return (...args: never[]): void => {
      order.push(name);
      call(...args);
    };
  };
  Object.assign(fs, { fsyncSync: watched('sync', fsyncSync), renameSync: watched('rename', renameSync) });
  t.is(applyPiece(directory, entry, pieceOf(2, 'same, but that')), 'stored');
  t.deepEqual(order, ['sync', 'rename', 'sync']);
  t.is(readFileSync(join(directory, 'events.journal'), 'utf8'), 'same, but that');
  t.is(readFileSync(join(directory, 'events.journal.before-2'), 'utf8'), 'same, then this');
});

function pieceOf(branch: number, text: string): Piece {
  return { branch, from: 0, bytes: Buffer.from(text), frame: { start: 0, crc: 0, seq: 0 }, upTo: text.length };
}
