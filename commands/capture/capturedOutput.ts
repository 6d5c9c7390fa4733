import type { AppName, BuildId } from '../../host/dokku/names';
import { reasonOf } from '../../host/failure';
import { warningText } from '../../host/terminal/output';
import type { Log } from './limitedLog';
import { endsLine } from './lines';
import { ReaderQueue } from './readerQueue';
import { standardReader, systemLogReader } from './readers';

/** How long to wait for the system's log after the end of the output. */
const SYSTEM_LOG_MS = 2000;

/**
 * Sends the output of a command to the log at once, and to our stdout and the system's log as fast as these read. If
 * one of them fails or is slow, the others still get everything.
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

  /** Adds a line of ours to the output of the command. */
  say(message: string): void {
    this.write(Buffer.from(`${this.#isWhole ? '' : '\n'}${warningText(message)}`));
  }

  /** Prints a line of ours on stderr. */
  warn(message: string): void {
    this.#stderr ??= new ReaderQueue(standardReader(2), this.#note);
    this.#stderr.add(Buffer.from(warningText(message)));
  }

  /**
   * Completes the log with the end of the command's output. Later output comes from processes that the command started
   * and that still run.
   */
  complete(): void {
    this.#tryLog(() => this.log.complete());
  }

  /**
   * Ends the output. Resolves when each reader has taken everything, or its time is over: to false if a pending write
   * to a reader keeps this process alive.
   */
  async end(): Promise<boolean> {
    const unread = await Promise.all([this.#stdout.end(), this.#systemLog.end(SYSTEM_LOG_MS)]);
    const [{ lines, failure }] = unread;
    const whole = `dokku-builds output ${this.app} ${this.id}`;
    if (failure !== undefined) this.warn(`The output could not be written to stdout (${failure}): ${whole}`);
    if (lines > 0) this.warn(`Nobody reads the last ${lines} lines of the output: ${whole}`);
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
