import { existsSync, readFileSync } from 'node:fs';
import { crc32 } from 'node:zlib';

import type { BuildEvent } from '../../../journal/events';
import { unpackWritten } from '../../journal/file/format/messagePack';

/** An event as the file holds it. */
interface AuditedEvent {
  readonly seq: number;
  readonly id: string;
  readonly event: BuildEvent;
}

/** What a journal file holds, and every rule that it breaks, in sentences. */
export interface Audit {
  readonly events: readonly AuditedEvent[];
  /** Frames that lost their race. */
  readonly voidFrames: number;
  /** Bytes that are no frame. */
  readonly debris: number;
  readonly broken: readonly string[];
}

/**
 * Reads a journal with nothing of the program's own: the layout and the rules as they are written down. What stands in
 * the file first with a number counts. Rules: numbers have no gap; a build starts once; it ends at most once, while it
 * runs, and only a report corrects an end that was inferred; what the retention removes has ended, what is discarded
 * runs.
 */
export function auditJournal(path: string): Audit {
  const bytes = existsSync(path) ? readFileSync(path) : Buffer.alloc(0); // nothing has ever been appended
  const events: AuditedEvent[] = [];
  const broken: string[] = [];
  const stages = new Map<string, Stage>();
  let [voidFrames, debris, at] = [0, 0, 0];
  while (at < bytes.length) {
    const payload = payloadAt(bytes, at);
    if (payload === undefined) {
      [debris, at] = [debris + 1, at + 1];
      continue;
    }
    at += HEADER_BYTES + payload.length;
    const [, seq, , , , id, , type, data] = unpackWritten(payload) as unknown as Fields;
    const event = { ...data, type } as BuildEvent;
    if (seq <= events.length) {
      voidFrames += 1;
      continue;
    }
    if (seq !== events.length + 1) broken.push(`event ${seq} stands behind event ${events.length}`);
    broken.push(...apply(stages, event).map((what) => `event ${seq}: ${what}`));
    events.push({ seq, id, event });
  }
  return { events, voidFrames, debris, broken };
}

/** schema, seq, previousCrc, readTo, digest, id, at, type, data */
type Fields = [number, number, number, number, Uint8Array, string, number, string, object];

const MAGIC = Buffer.from([0xc1, 0x64, 0x62, 0x31]);
const HEADER_BYTES = 12;

function payloadAt(bytes: Buffer, at: number): Buffer | undefined {
  if (at + HEADER_BYTES > bytes.length || !bytes.subarray(at, at + 4).equals(MAGIC)) return undefined;
  const length = bytes.readUInt32LE(at + 4);
  const payload = bytes.subarray(at + HEADER_BYTES, at + HEADER_BYTES + length);
  return payload.length === length && crc32(payload) === bytes.readUInt32LE(at + 8) ? payload : undefined;
}

/** `inferred`: it ended without a report, which a report may still correct. */
type Stage = 'running' | 'inferred' | 'ended' | 'pruned';

function apply(stages: Map<string, Stage>, event: BuildEvent): string[] {
  const go = (build: string, from: readonly (Stage | undefined)[], to: Stage): string[] => {
    const actual = stages.get(build);
    stages.set(build, to);
    return from.includes(actual) ? [] : [`${event.type} of ${build}, which ${actual ?? 'has never started'}`];
  };
  switch (event.type) {
    case 'BuildStarted':
      return go(event.build, [undefined], 'running');
    case 'BuildFinished':
      if (event.cause !== 'exit') return go(event.build, ['running'], 'inferred');
      return go(event.build, ['running', 'inferred'], 'ended');
    case 'BuildCanceled':
      return go(event.build, ['running'], 'ended');
    case 'Pruned':
      return event.builds.flatMap((build) =>
        go(build, event.reason === 'discarded' ? ['running'] : ['inferred', 'ended'], 'pruned'),
      );
  }
}
