import { closeSync, fdatasyncSync, openSync, readFileSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';

import { type BuildId, generateBuildId } from '../../host/dokku/names';
import { identifyProcess } from '../../host/system/processes';
import { decode } from '../../journal/file/codec';
import type { BuildFinished } from '../../journal/events';
import { HEADER_BYTES } from '../../journal/file/frame';
import { appendEvent } from '../../journal/file/appendEvent';
import {
  closeJournal,
  JOURNAL_FILE,
  openJournal,
  openJournalForAppend,
  syncJournal,
} from '../../journal/file/journalFile';
import { handleCommand } from '../../journal/handleCommands';
import { loadFrom, loadHistory, type Loaded } from '../../journal/loadHistory';

/*
 * What is measured of the library, one measurement a process: `node library.cjs <what> <directory of an app> [<number>…]`. Prints the
 * ms that it took, without start-up.
 */

const [what = '', directory = '', ...numbers] = process.argv.slice(2);
const count = Number(numbers[0]);

const measurements: Readonly<Record<string, () => number>> = {
  /** Folds the whole journal. */
  replay: () => {
    const journal = openJournal(join(directory, JOURNAL_FILE));
    if (journal === undefined) throw new Error(`${directory} has no journal`);
    const took = timed(() => loadFrom(journal, undefined));
    closeJournal(journal);
    return took;
  },

  /** Decodes the payloads of its frames and does nothing with them; reading the file does not count. */
  decode: () => {
    const bytes = readFileSync(join(directory, JOURNAL_FILE));
    return timed(() => {
      for (let at = 0; at < bytes.length;) {
        const end = at + HEADER_BYTES + bytes.readUInt32LE(at + 4);
        decode(bytes.subarray(at + HEADER_BYTES, end));
        at = end;
      }
    });
  },

  /** Appends an event and makes it durable, `count` times. */
  append: () => {
    const journal = openJournalForAppend(join(directory, JOURNAL_FILE));
    let { head } = loadHistory(directory);
    const took = timed(() => {
      for (let done = 0; done < count; done += 1) {
        const build = `bench-${process.pid}-${done}` as BuildId;
        const at = Date.now();
        ({ head } = appendEvent(journal, head, finished(build, at), at, Math.random));
        syncJournal(journal);
      }
    });
    closeJournal(journal);
    return took;
  },

  /** Appends as many bytes as `append` does, and makes them durable. */
  write: () => {
    const fd = openSync(join(directory, 'bytes'), 'a');
    const bytes = lastFrame();
    const took = timed(() => {
      for (let done = 0; done < count; done += 1) {
        writeSync(fd, bytes);
        fdatasyncSync(fd);
      }
    });
    closeSync(fd);
    return took;
  },

  /** Waits for a byte on stdin, then records `count` deploys as the triggers do: start, finish, retention; each is durable. */
  deploys: () => {
    let loaded = loadHistory(directory);
    const identity = identifyProcess(process.pid);
    writeSync(1, 'ready\n');
    readSync(0, Buffer.alloc(1));
    return timed(() => {
      const handle = (command: Parameters<typeof handleCommand>[2]): Loaded =>
        (loaded = handleCommand(directory, loaded, command, Date.now()).loaded);
      for (let done = 0; done < count; done += 1) {
        const at = Date.now();
        const build = generateBuildId(at);
        handle({ type: 'StartBuild', build, source: 'git-hook', process: identity, actor: {}, at });
        handle({ type: 'FinishBuild', build, exitCode: 0, at });
        handle({ type: 'PruneBuilds', retention: 20 });
      }
    });
  },
};

function finished(build: BuildId, at: number): BuildFinished {
  const finishedAt = new Date(at).toISOString();
  return { type: 'BuildFinished', build, status: 'succeeded', exitCode: 0, cause: 'exit', finishedAt };
}

/** The bytes of the journal's last event. */
function lastFrame(): Buffer {
  const { head } = loadHistory(directory);
  return readFileSync(join(directory, JOURNAL_FILE)).subarray(head.start, head.end);
}

function timed(work: () => void): number {
  const began = process.hrtime.bigint();
  work();
  return Number(process.hrtime.bigint() - began) / 1e6;
}

const measurement = measurements[what];
if (measurement === undefined) throw new Error(`There is no measurement "${what}"`);
writeSync(1, `${measurement()}\n`);
