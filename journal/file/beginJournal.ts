import { dirname } from 'node:path';

import { reasonOf } from '../../host/failure';
import { syncDirectory } from '../../host/files/files';
import { makeFile } from '../../host/files/replaceFile';
import type { System } from '../../host/system/system';
import { JournalNotWritten } from '../errors';
import type { BuildEvent, Recorded } from '../events';
import { sha256Of } from './format/checksums';
import { type Head, JOURNAL_MODE, START } from './journalFile';
import { nextFrame } from './nextFrame';

/**
 * Makes the journal at `path` with its first events, all or none of them, durable unless `system` says that its caller
 * syncs afterwards. No other process can append to it before it is there, so one write is enough for all events. That
 * takes a fraction of the time of as many appends. Undefined if there is a journal already, or if the file system has
 * no hard links. Throws {@link JournalNotWritten}.
 */
export function beginJournal(
  path: string,
  events: readonly BuildEvent[],
  { now, random, afterSync }: Pick<System, 'now' | 'random' | 'afterSync'>,
): { readonly head: Head; readonly recorded: readonly Recorded[] } | undefined {
  const at = now();
  const recorded: Recorded[] = [];
  const frames: Buffer[] = [];
  let head = START;
  for (const event of events) {
    const before = frames.at(-1) ?? Buffer.alloc(0); // the bytes from head.readTo to head.end
    const next = nextFrame(path, head, sha256Of(before), event, at, random);
    ({ head } = next);
    frames.push(next.frame);
    recorded.push(next.recorded);
  }
  try {
    if (afterSync === undefined) syncDirectory(dirname(dirname(path))); // the app's directory may be new, too
    const isMade = makeFile(path, Buffer.concat(frames), { mode: JOURNAL_MODE, afterSync });
    return isMade ? { head, recorded } : undefined;
  } catch (error) {
    throw new JournalNotWritten(path, reasonOf(error));
  }
}
