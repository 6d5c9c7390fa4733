import { errorCode } from '../../host/failure';
import { writeFully } from '../../host/terminal/output';
import { keysOf } from './watchKeys';

/** The whole screen of a terminal, from the time when it is taken until it is given back. */
export interface FullScreen {
  /** Columns and rows, as they are now. */
  size(): { readonly columns: number; readonly rows: number };
  /** Shows these lines, from the top; each must fit. */
  draw(lines: readonly string[]): void;
  /** Gives the screen, the cursor and the keyboard back. May be called more than once. */
  close(): void;
}

/** What happens at the terminal. */
export interface FullScreenEvents {
  /** A key by its name (`up`, `enter`, `escape` …), or the character that it types. */
  key(name: string): void;
  resize(): void;
  /** A signal came, which has the number `signal`; or the terminal is closed (0). */
  end(signal: number): void;
}

const ENTER = '\u001b[?1049h\u001b[?25l\u001b[?7l'; // alternate screen, no cursor, no wrapping
const LEAVE = '\u001b[?7h\u001b[?25h\u001b[?1049l\u001b[0m';
const SIGNALS = { SIGHUP: 1, SIGINT: 2, SIGQUIT: 3, SIGTERM: 15 } as const;

/**
 * Takes the terminal at stdin and stdout. It is given back when the process ends for whatever reason but SIGKILL: on
 * a signal, on an exception that nobody catches, on exit.
 */
export function openFullScreen(events: FullScreenEvents): FullScreen {
  const { stdin: input, stdout: output } = process;
  let open = true;
  const write = (text: string): void => {
    try {
      writeFully(1, Buffer.from(text));
    } catch (error) {
      if (!GONE.has(errorCode(error) ?? '')) throw error;
      if (open) events.end(0);
    }
  };
  const take = (): void => {
    input.setRawMode(true);
    write(ENTER);
  };
  const giveBack = (): void => {
    write(LEAVE);
    try {
      input.setRawMode(false);
    } catch {
      // the terminal is closed, and has no mode any more
    }
  };
  const onData = (data: Buffer): void => {
    for (const key of keysOf(data.toString())) {
      if (key === 'suspend') suspend();
      else events.key(key);
    }
  };
  const suspend = (): void => {
    giveBack();
    process.once('SIGCONT', () => {
      if (!open) return;
      take();
      events.resize();
    });
    process.kill(process.pid, 'SIGSTOP');
  };
  const onGone = (): void => {
    if (open) events.end(0);
  };
  const onResize = (): void => events.resize();
  const onSignal = (name: NodeJS.Signals): void => events.end(SIGNALS[name as keyof typeof SIGNALS]);
  const close = (): void => {
    if (!open) return;
    open = false;
    process.off('exit', close);
    for (const name of Object.keys(SIGNALS)) process.off(name, onSignal);
    giveBack();
    input.off('data', onData).pause();
    output.off('resize', onResize);
  };

  for (const name of Object.keys(SIGNALS)) process.on(name, onSignal);
  process.on('exit', close);
  input.on('data', onData).on('end', onGone).on('error', onGone);
  output.on('error', onGone).on('resize', onResize);
  take();
  return {
    size() {
      const [columns, rows] = output.getWindowSize();
      return { columns: columns || 80, rows: rows || 24 };
    },
    draw: (lines) => {
      const body = lines.map((line) => `\u001b[K${line}\u001b[0m`).join('\r\n');
      write(`\u001b[?2026h\u001b[H${body}\u001b[?2026l`); // as one picture, where the terminal can
    },
    close,
  };
}

const GONE = new Set(['EIO', 'EPIPE', 'EBADF', 'ENXIO']);
