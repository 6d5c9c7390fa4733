import { createHash } from 'node:crypto';
import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';

import { ulid } from 'ulid';

import type { AppName, BuildId } from '../../host/dokku/names';
import type { ProcessIdentity } from '../../host/system/processes';
import { encodeEnvelope } from '../../journal/file/format/envelope';
import { type BuildEvent, SCHEMA_VERSION } from '../../journal/events';
import { encodeFrame, readHeader } from '../../journal/file/format/frame';
import { evolveOver, initialState } from '../../journal/decider';
import { buildsOf, type History } from '../../journal/history';
import { type Head, JOURNAL_FILE, START } from '../../journal/file/journalFile';
import { writeCheckpoint } from '../../journal/checkpoint';
import { recordText } from '../../projections/records/record';

/** What kind of history is made. */
export interface Shape {
  readonly app: AppName;
  /** How many events, at least; a few more, since a deploy is not left half done. */
  readonly events: number;
  /** The process of one more build, which is running at the end. */
  readonly running?: ProcessIdentity;
}

/** What was made. */
export interface Synthesized {
  readonly events: number;
  /** Size of the journal. */
  readonly bytes: number;
  readonly history: History;
  /** The first build there ever was. */
  readonly oldest: BuildId;
}

/** Finished builds that stay on record. */
export const RETENTION = 20;

const POLL_MS = 300_000;
const FRAMES_A_WRITE = 4000;

/**
 * Fills `directory` with what years of deploys leave behind: a journal as the program itself would have written it,
 * every link right, the records of the builds that are on record, and a checkpoint.
 */
export function synthesizeJournal(directory: string, shape: Shape): Synthesized {
  mkdirSync(directory, { recursive: true });
  const fd = openSync(join(directory, JOURNAL_FILE), 'wx', 0o600);
  let head: Head = START;
  let before: Buffer = Buffer.alloc(0);
  let pending: Buffer[] = [];
  let oldest: BuildId | undefined;
  const history = evolveOver(initialState, (next) => {
    for (const { at, event } of deploys(shape)) {
      const recorded = { seq: head.seq + 1, id: ulid(at, Math.random), at, schema: SCHEMA_VERSION, event };
      const digest = createHash('sha256').update(before).digest();
      const frame = encodeFrame(encodeEnvelope(recorded, { previousCrc: head.crc, readTo: head.end, digest }));
      head = {
        seq: recorded.seq,
        start: head.end,
        crc: readHeader(frame)?.crc ?? 0,
        readTo: head.end,
        end: head.end + frame.length,
      };
      before = frame;
      pending.push(frame);
      if (pending.length === FRAMES_A_WRITE) {
        writeSync(fd, Buffer.concat(pending));
        pending = [];
      }
      next(event);
      if (event.type === 'BuildStarted') oldest ??= event.build;
    }
  });
  writeSync(fd, Buffer.concat(pending));
  closeSync(fd);
  writeCheckpoint(directory, { head, history });
  for (const build of buildsOf(history))
    writeFileSync(join(directory, `${build.id}.json`), recordText(shape.app, build));
  if (oldest === undefined) throw new Error('A history begins with a build');
  return { events: head.seq, bytes: head.end, history, oldest };
}

/** A deploy every five minutes up to now, every third one failing; each ends the oldest beyond the retention. */
function* deploys({ events, running }: Shape): Generator<{ at: number; event: BuildEvent }> {
  const now = Date.now();
  const count = Math.ceil((events + RETENTION) / 3);
  const recorded: BuildId[] = [];
  let made = 0;
  for (let number = 0; made < events; number += 1) {
    const at = now - Math.max(count - number, 1) * POLL_MS;
    const build = buildId(at, number);
    yield { at, event: started(build, at, { pid: 1000 + (number % 30_000), startTicks: number, bootId: BOOT }) };
    const failed = number % 3 === 2;
    const exit = failed
      ? ({ status: 'failed', exitCode: 1 } as const)
      : ({ status: 'succeeded', exitCode: 0 } as const);
    const finishedAt = new Date(at + 2000).toISOString();
    yield { at: at + 2000, event: { type: 'BuildFinished', build, ...exit, cause: 'exit', finishedAt } };
    made += 2;
    recorded.push(build);
    const leaving = recorded.length > RETENTION ? recorded.shift() : undefined;
    if (leaving !== undefined) {
      yield { at: at + 2000, event: { type: 'Pruned', builds: [leaving], reason: 'retention' } };
      made += 1;
    }
  }
  if (running) yield { at: now, event: started(buildId(now, made), now, running) };
}

const BOOT = '6e3c9c0e-6b0a-4d58-9a52-5e3b0c8f2b71';

function started(build: BuildId, at: number, process: ProcessIdentity): BuildEvent {
  const actor = { user: 'dokku', key: 'admin', command: 'git:sync' };
  const startedAt = new Date(at).toISOString();
  return { type: 'BuildStarted', build, kind: 'build', source: 'git:sync', process, startedAt, actor };
}

/** As `builds-generate-id` makes them, but the same every time. */
function buildId(at: number, number: number): BuildId {
  const clock = at.toString(36).padStart(8, '0');
  return `${clock}${(number % 36 ** 6).toString(36).padStart(6, '0')}` as BuildId;
}
