import {
  appendFileSync,
  closeSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

import test, { type ExecutionContext } from 'ava';

import { GrowingLog, startOfLastLines } from '../../../commands/output/growingLog';
import { openReader, untilQuiet } from '../../../commands/output/logReader';
import type { Output } from '../../../host/terminal/output';
import { temporaryDirectory } from '../../temporaryHost';

const all = { tail: undefined, timestamps: false };

interface Shown {
  readonly path: string;
  readonly growing: GrowingLog;
  readonly out: Output;
  readonly shown: () => string;
}

function logOf(t: ExecutionContext, text: string): Shown {
  const path = join(temporaryDirectory(t), 'b1.log');
  writeFileSync(path, text);
  const chunks: Buffer[] = [];
  const out = { raw: (bytes: Uint8Array) => chunks.push(Buffer.from(bytes)), flush: () => undefined };
  const growing = GrowingLog.open(path);
  if (growing === undefined) throw new Error(`${path} is not there`);
  t.teardown(() => {
    growing.close();
  });
  return {
    path,
    growing,
    out: out as unknown as Output,
    shown: () => Buffer.concat(chunks).toString(),
  };
}

test('new output is printed once, byte for byte', (t) => {
  const { path, growing, out, shown } = logOf(t, 'one\n');
  const log = openReader(out, growing, all);
  t.true(log.printMore());
  t.false(log.printMore());
  appendFileSync(path, `${'ü'.repeat(100_000)}\r50 %`);
  t.true(log.printMore());
  t.is(shown(), `one\n${'ü'.repeat(100_000)}\r50 %`);
});

test('a log that was truncated is printed from its beginning', (t) => {
  const { path, growing, out, shown } = logOf(t, 'the first one\n');
  const log = openReader(out, growing, all);
  log.printMore();
  writeFileSync(path, 'again\n');
  t.true(log.printMore());
  t.is(shown(), 'the first one\nagain\n');
});

test('a log that another file has replaced is printed to its end, and then the other one', (t) => {
  const { path, growing, out, shown } = logOf(t, 'the first one\n');
  const log = openReader(out, growing, all);
  log.printMore();
  appendFileSync(path, 'its end\n');
  renameSync(path, `${path}.1`);
  t.true(log.printMore());
  writeFileSync(path, 'a longer one than the first and its end\n');
  t.true(log.printMore());
  t.false(log.printMore());
  t.is(shown(), 'the first one\nits end\na longer one than the first and its end\n');
});

test('a link or a directory in place of a log is not read', (t) => {
  const { path, growing, out, shown } = logOf(t, 'the first one\n');
  const log = openReader(out, growing, all);
  log.printMore();
  writeFileSync(`${path}.secret`, 'secret');
  rmSync(path);
  symlinkSync(`${path}.secret`, path);
  t.false(log.printMore());
  rmSync(path);
  mkdirSync(path);
  t.false(log.printMore());
  t.is(shown(), 'the first one\n');
});

test('the last lines are found, whether or not the last one is ended, however long they are', (t) => {
  const long = 'x'.repeat(200_000);
  for (const [text, count, last] of [
    ['a\nb\nc\n', 2, 'b\nc\n'],
    ['a\nb\nc\n', 0, ''],
    ['a\nb\nc', 2, 'b\nc'],
    ['a\nb\nc\n', 3, 'a\nb\nc\n'],
    ['a\nb\nc\n', 9, 'a\nb\nc\n'],
    ['a\n\n\n', 2, '\n\n'],
    [`a\n${long}\nb\n`, 2, `${long}\nb\n`],
    ['', 1, ''],
  ] as const) {
    const { path, growing, out, shown } = logOf(t, text);
    const fd = openSync(path, 'r');
    t.is(startOfLastLines(fd, count), text.length - last.length);
    closeSync(fd);
    openReader(out, growing, { ...all, tail: count }).printMore();
    t.is(shown(), last);
  }
});

test('a reader waits for output shortly after the end of a build, and each piece of it prolongs the wait', async (t) => {
  const looks: boolean[] = [];
  await untilQuiet(() => {
    looks.push(looks.length === 2 || looks.length === 5);
    return looks.at(-1) === true;
  });
  t.is(looks.length, 6 + 10);
});

test('a log that is written faster than it is printed ends where it ended when it was read', (t) => {
  const { path, growing } = logOf(t, 'some\n');
  let pieces = 0;
  for (const bytes of growing.more()) {
    pieces += 1;
    if (pieces > 3) break;
    appendFileSync(path, bytes);
  }
  t.is(pieces, 1);
  t.is([...growing.more()].join(''), 'some\n');
});

test('with timestamps each line that comes has the time when it came, and those before have room for one', (t) => {
  const { path, growing, out, shown } = logOf(t, 'old\nolder\nbegun ');
  const log = openReader(out, growing, { tail: undefined, timestamps: true });
  log.printMore();
  appendFileSync(path, 'and ended\rrewritten\nnew\n\n');
  log.printMore();
  const time = '\\d{4}-\\d\\d-\\d\\dT[\\d:.]{12}Z';
  t.regex(
    shown(),
    new RegExp(`^ {26}old\n {26}older\n {26}begun and ended\rrewritten\n${time} {2}new\n${time} {2}\n$`),
  );
});
