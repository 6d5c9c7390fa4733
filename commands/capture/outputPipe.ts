import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import { promisify } from 'node:util';

import { errorCode, Failure, reasonOf } from '../../host/failure';

/** A pipe for the output of a command. */
export interface OutputPipe {
  /** The descriptor for both stdout and stderr of the command, so that the order of its output is kept. */
  readonly writer: number;
  /**
   * Calls `take` with each piece of output; the bytes are valid only during the call. Resolves when no writer is left.
   */
  read(take: (bytes: Buffer) => void): Promise<void>;
  /** Resolves when everything is read that was written before the call. */
  readUpToNow(): Promise<void>;
  /**
   * Does the same, and ends {@link read} even if writers are left. Their later output is discarded, without a SIGPIPE.
   */
  stop(): Promise<void>;
}

const { O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_RDWR, O_WRONLY } = fs.constants;

/** The capacity of a pipe, see pipe(7). One read takes all that is in it, so a mark is never read in two parts. */
const CHUNK_BYTES = 64 * 1024;
const MARK_BYTES = 16;

/**
 * Opens a named pipe, and removes its name. The pipes that the runtime makes are sockets, which a command cannot open
 * as /dev/stdout or /dev/stderr. The name exists in `directory` for a moment. If this process is killed then, a later
 * trigger removes it as a leftover. Throws {@link Failure}.
 */
export function openOutputPipe(directory: string): OutputPipe {
  const both = openNamed(`${directory}/.output.${process.pid}-0.tmp`);
  const reader = fs.openSync(`/proc/self/fd/${both}`, O_RDONLY);
  const writer = fs.openSync(`/proc/self/fd/${both}`, O_WRONLY);
  fs.closeSync(both);
  let isStopped = false;
  let isClosed = false;
  let mark: { readonly bytes: Buffer; isWritten: boolean; reached(): void } | undefined;

  const takeAround = (bytes: Buffer, take: (bytes: Buffer) => void): void => {
    const at = mark?.isWritten ? bytes.indexOf(mark.bytes) : -1;
    if (at < 0) {
      take(bytes);
      if (mark && !mark.isWritten) mark.isWritten = writeNow(reader, mark.bytes); // there is room now
      return;
    }
    if (at > 0) take(bytes.subarray(0, at));
    if (at + MARK_BYTES < bytes.length) take(bytes.subarray(at + MARK_BYTES));
    mark?.reached();
    mark = undefined;
  };
  const readUpToNow = async (): Promise<void> => {
    if (isClosed) return;
    await new Promise<void>((resolve) => {
      mark = { bytes: randomBytes(MARK_BYTES), isWritten: false, reached: resolve };
      mark.isWritten = writeNow(reader, mark.bytes);
    });
  };
  return {
    writer,
    readUpToNow,
    async read(take) {
      const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
      const read = promisify(fs.read);
      while (!isStopped || mark !== undefined) {
        const { bytesRead } = await read(reader, buffer, 0, buffer.length, null);
        if (bytesRead === 0) break;
        takeAround(buffer.subarray(0, bytesRead), take);
      }
      if (isStopped) throwAwayRest(reader);
      isClosed = true;
      fs.closeSync(reader);
      mark?.reached();
    },
    stop() {
      isStopped = true;
      return readUpToNow();
    },
  };
}

function openNamed(path: string): number {
  try {
    fs.rmSync(path, { force: true }); // of a process that was killed and had our pid
    const made = spawnSync('mkfifo', ['-m', '600', path], { encoding: 'utf8' });
    if (made.error) throw made.error;
    if (made.status !== 0) throw new Error(made.stderr.trim());
    const fd = fs.openSync(path, O_RDWR | O_NONBLOCK | O_NOFOLLOW);
    fs.unlinkSync(path);
    if (fs.fstatSync(fd).isFIFO()) return fd;
    throw new Error('something else was put in its place');
  } catch (error) {
    throw new Failure(`Cannot make a pipe for the output, ${path}: ${reasonOf(error)}`);
  }
}

/** Writes into the pipe behind `reader`; false if there is no room for it. */
function writeNow(reader: number, bytes: Buffer): boolean {
  const writer = fs.openSync(`/proc/self/fd/${reader}`, O_WRONLY | O_NONBLOCK);
  try {
    return fs.writeSync(writer, bytes) > 0; // as a whole: it is shorter than PIPE_BUF
  } catch (error) {
    if (errorCode(error) === 'EAGAIN') return false;
    throw error;
  } finally {
    fs.closeSync(writer);
  }
}

/** Starts a process that reads until no writer is left, because without a reader a writer gets SIGPIPE. */
function throwAwayRest(reader: number): void {
  const rest = spawn('cat', { stdio: [reader, 'ignore', 'ignore'], cwd: '/', detached: true });
  rest.on('error', () => undefined);
  rest.unref();
}
