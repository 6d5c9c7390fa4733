import type { AppName, BuildId } from '../../host/dokku/names';
import { reasonOf } from '../../host/failure';
import { warningText } from '../../host/terminal/output';
import type { Log } from './limitedLog';
import { endsLine } from './lines';
import { ReaderQueue } from './readerQueue';
import { standardReader, systemLogReader } from './readers';

/** The system's log is not waited for any longer after the end. */
const SYSTEM_LOG_MS = 2000;

/**
 * Where the output of a command goes: at once to the log, and as fast as they read to our stdout and to the system's
 * log. One that fails or is slow does not keep it from the others.
 */
export class CapturedOutput {
  readonly #stdout: ReaderQueue;
  readonly #systemLog: ReaderQueue;
  #stderr: ReaderQueue | undefined;
  #isWhole = true;
  #logFails = false;

  constructor(
    private readonly log: Log,
    private readonly app: AppName,
    private readonly id: BuildId,
  ) {
    this.#stdout = new ReaderQueue(standardReader(1), this.#note);
    this.#systemLog = new ReaderQueue(systemLogReader(id), this.#note);
  }

  readonly #note = (lines: number): string =>
    `-----> ${lines} lines are left out here, they came too fast: dokku-builds output ${this.app} ${this.id}`;

  write(bytes: Uint8Array): void {
    this.#tryLog(() => this.log.write(bytes));
    this.#stdout.add(bytes);
    this.#systemLog.add(bytes);
    this.#isWhole = endsLine(bytes);
  }

  /** A line of ours among the command's. */
  say(message: string): void {
    this.write(Buffer.from(`${this.#isWhole ? '' : '\n'}${warningText(message)}`));
  }

  /** A line of ours on stderr. */
  warn(message: string): void {
    this.#stderr ??= new ReaderQueue(standardReader(2), this.#note);
    this.#stderr.add(Buffer.from(warningText(message)));
  }

  /** The log has the end of the command's output. What comes later is that of processes that it has left behind. */
  complete(): void {
    this.#tryLog(() => this.log.complete());
  }

  /**
   * Nothing more comes. Resolves when everyone has read everything, or is given up: false if a write to somebody who
   * does not read keeps this process alive.
   */
  async end(): Promise<boolean> {
    const unread = await Promise.all([this.#stdout.end(), this.#systemLog.end(SYSTEM_LOG_MS)]);
    const [{ lines }] = unread;
    if (lines > 0)
      this.warn(`Nobody reads the last ${lines} lines of the output: dokku-builds output ${this.app} ${this.id}`);
    const warnings = await this.#stderr?.end();
    return ![...unread, warnings].some((reader) => reader?.isWaitedFor);
  }

  #tryLog(write: () => void): void {
    try {
      write();
    } catch (error) {
      if (!this.#logFails) this.warn(`The log is incomplete: ${reasonOf(error)}`);
      this.#logFails = true;
    }
  }
}
