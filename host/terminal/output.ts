import { writeSync } from 'node:fs';

import type { Host } from '../dokku/environment';
import { errorCode, Failure, reasonOf, type Warn } from '../failure';
import { visible } from '../printable';
import { pause } from '../system/pause';
import { isTerminal } from './isTerminal';
import { clearProgress } from './progress';
import { columnsOf } from './terminal';
import { wrapText } from './table/wrap';

/** What a command prints, in Dokku's log style. Callers make text from outside printable (host/printable.ts). */
export interface Output {
  /** `=====> text`, on a terminal broken between words; nothing under `dokku --quiet`. */
  readonly title: (text: string) => void;
  /** The title of a view that scripts read: left out as well when stdout is not a terminal. */
  readonly viewTitle: (text: string) => void;
  /** `-----> text`; on a terminal broken between words. */
  readonly step: (text: string) => void;
  /** Seven spaces and a sentence; on a terminal broken between words. */
  readonly note: (text: string) => void;
  /** Seven spaces and the text. */
  readonly verbose: (text: string) => void;
  /** The text and a line break. */
  readonly line: (text: string) => void;
  /** The text or the bytes as they are. */
  readonly raw: (text: string | Uint8Array) => void;
  /**
   * ` !     message` on stderr, after what was said before; control characters are shown as escapes. On a terminal it
   * is broken between words.
   */
  readonly warn: Warn;
  /** Writes out what is buffered of stdout. To be called before the process ends. */
  readonly flush: () => void;
  /** Whether stdout is a terminal. */
  readonly isTerminal: boolean;
}

/** File descriptors that stand for stdout and stderr. */
export interface Streams {
  readonly stdout: number;
  readonly stderr: number;
}

/** The reader of stdout has closed it (`builds:list | head -1`). This is not a failure, and nothing is left to do. */
export class ClosedPipe extends Error {
  constructor() {
    super('stdout was closed by its reader');
    this.name = 'ClosedPipe';
  }
}

/**
 * Output to stdout and stderr. Stdout is buffered up to 64 KiB. Writing to it throws {@link ClosedPipe} if its reader
 * has closed it, and {@link Failure} if it cannot be written, as on a full disk. Errors of stderr are ignored.
 */
export function openOutput(host: Pick<Host, 'quiet'>, streams: Streams = { stdout: 1, stderr: 2 }): Output {
  const stdout = new BufferedStream(streams.stdout);
  const columns = (): number | undefined => (stdout.isTerminal ? columnsOf(process.stdout, process.env) : undefined);
  const output: Output = {
    title(text) {
      if (!host.quiet) stdout.write(indented('=====> ', text, columns()));
    },
    viewTitle(text) {
      if (output.isTerminal) output.title(text);
    },
    step: (text) => stdout.write(indented('-----> ', text, columns())),
    note: (text) => stdout.write(indented('       ', text, columns())),
    verbose: (text) => stdout.write(`       ${text}\n`),
    line: (text) => stdout.write(`${text}\n`),
    raw: (text) => stdout.write(text),
    warn(message) {
      try {
        stdout.flush(); // on a terminal both are read as one text
      } finally {
        writeWarning(streams.stderr, message);
      }
    },
    flush: () => stdout.flush(),
    get isTerminal() {
      return stdout.isTerminal;
    },
  };
  return output;
}

const BUFFER_BYTES = 64 * 1024;

class BufferedStream {
  readonly #fd: number;
  #pending: Uint8Array[] = [];
  #bytes = 0;
  #text = ''; // behind them: lines are joined before they become bytes
  #isTerminal: boolean | undefined;

  constructor(fd: number) {
    this.#fd = fd;
  }

  write(text: string | Uint8Array): void {
    if (typeof text === 'string') {
      this.#text += text;
    } else {
      this.#endText();
      this.#add(Buffer.from(text)); // a copy: the caller may reuse its own
    }
    if (this.#bytes + this.#text.length >= BUFFER_BYTES) this.flush();
  }

  #endText(): void {
    if (this.#text !== '') this.#add(Buffer.from(this.#text));
    this.#text = '';
  }

  #add(bytes: Uint8Array): void {
    this.#pending.push(bytes);
    this.#bytes += bytes.length;
  }

  flush(): void {
    clearProgress();
    this.#endText();
    if (this.#bytes === 0) return;
    const bytes = Buffer.concat(this.#pending, this.#bytes);
    this.#pending = []; // before the write: a pipe that is closed is not written to again
    this.#bytes = 0;
    try {
      writeFully(this.#fd, bytes);
    } catch (error) {
      if (errorCode(error) === 'EPIPE') throw new ClosedPipe();
      throw new Failure(`Cannot write to stdout: ${reasonOf(error)}`);
    }
  }

  get isTerminal(): boolean {
    this.#isTerminal ??= isTerminal(this.#fd);
    return this.#isTerminal;
  }
}

/** `first` and `text`; broken between words if `columns` are given. */
function indented(first: string, text: string, columns?: number): string {
  if (columns === undefined) return `${first}${text}\n`;
  const lines = wrapText(text, columns - first.length);
  return lines.map((line, n) => `${n === 0 ? first : ' '.repeat(first.length)}${line}\n`).join('');
}

const WARNING = ' !     ';

/** A message as {@link Output.warn} prints it; broken between words if `columns` are given. */
export function warningText(message: string, columns?: number): string {
  const lines = message.split('\n').map(visible);
  const shown = columns === undefined ? lines : lines.flatMap((line) => wrapText(line, columns - WARNING.length));
  return shown.map((line) => `${WARNING}${line}\n`).join('');
}

function writeWarning(fd: number, message: string): void {
  try {
    const columns = isTerminal(fd) ? columnsOf(process.stderr, process.env) : undefined;
    writeFully(fd, Buffer.from(warningText(message, columns)));
  } catch {
    // Nobody reads it, or its disk is full: the work goes on.
  }
}

const LONGEST_WAIT = 20; // ms

/** Writes all of `bytes`. If somebody made the pipe or terminal non-blocking, waits for its reader. */
export function writeFully(fd: number, bytes: Uint8Array): void {
  let wait = 1;
  for (let written = 0; written < bytes.length;) {
    try {
      written += writeSync(fd, bytes, written);
      wait = 1;
    } catch (error) {
      if (errorCode(error) !== 'EAGAIN') throw error;
      pause(wait);
      wait = Math.min(2 * wait, LONGEST_WAIT);
    }
  }
}
