import { appendFileSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import test, { type ExecutionContext } from 'ava';

import { openReader, startOfLastLines } from '../../../commands/output/logReader';
import type { Output } from '../../../host/terminal/output';
import { temporaryDirectory } from '../../temporaryHost';

const all = { tail: undefined, timestamps: false };

function logOf(t: ExecutionContext, text: string): { path: string; fd: number; out: Output; shown: () => string } {
  const path = join(temporaryDirectory(t), 'b1.log');
  writeFileSync(path, text);
  const chunks: Buffer[] = [];
  const out = { raw: (bytes: Uint8Array) => chunks.push(Buffer.from(bytes)), flush: () => undefined };
  return {
    path,
    fd: openSync(path, 'r'),
    out: out as unknown as Output,
    shown: () => Buffer.concat(chunks).toString(),
  };
}

test('what comes is printed once, byte for byte', (t) => {
  const { path, fd, out, shown } = logOf(t, 'one\n');
  const log = openReader(out, fd, all);
  t.true(log.printMore());
  t.false(log.printMore());
  appendFileSync(path, `${'ü'.repeat(100_000)}\r50 %`);
  t.true(log.printMore());
  t.is(shown(), `one\n${'ü'.repeat(100_000)}\r50 %`);
});

test('a log that was truncated is printed from its beginning', (t) => {
  const { path, fd, out, shown } = logOf(t, 'the first one\n');
  const log = openReader(out, fd, all);
  log.printMore();
  writeFileSync(path, 'again\n');
  t.true(log.printMore());
  t.is(shown(), 'the first one\nagain\n');
});

test('the last lines are found, whether or not the last one is ended, however long they are', (t) => {
  const long = 'x'.repeat(200_000);
  for (const [text, count, last] of [
    ['a\nb\nc\n', 2, 'b\nc\n'],
    ['a\nb\nc', 2, 'b\nc'],
    ['a\nb\nc\n', 3, 'a\nb\nc\n'],
    ['a\nb\nc\n', 9, 'a\nb\nc\n'],
    ['a\n\n\n', 2, '\n\n'],
    [`a\n${long}\nb\n`, 2, `${long}\nb\n`],
    ['', 1, ''],
  ] as const) {
    const { fd, out, shown } = logOf(t, text);
    t.is(startOfLastLines(fd, count), text.length - last.length);
    openReader(out, fd, { ...all, tail: count }).printMore();
    t.is(shown(), last);
  }
});

test('with timestamps each line that comes has the time when it came, and those before have room for one', (t) => {
  const { path, fd, out, shown } = logOf(t, 'old\nolder\nbegun ');
  const log = openReader(out, fd, { tail: undefined, timestamps: true });
  log.printMore();
  appendFileSync(path, 'and ended\rrewritten\nnew\n\n');
  log.printMore();
  const time = '\\d{4}-\\d\\d-\\d\\dT[\\d:.]{12}Z';
  t.regex(
    shown(),
    new RegExp(`^ {26}old\n {26}older\n {26}begun and ended\rrewritten\n${time} {2}new\n${time} {2}\n$`),
  );
});
