import { spawn } from 'node:child_process';
import fs from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

import { errorCode, printable, reasonOf } from '../../host/failure';
import type { BuildId } from '../../host/dokku/names';
import type { Reader } from './readerQueue';
import { within } from './within';

/**
 * The reader of our stdout (1) or stderr (2). A write to a terminal or a pipe that nobody reads would block this
 * process, and then it could not forward signals to the command. So cat(1) writes instead. If cat has not ended in
 * time, it continues after this process has ended.
 */
export function standardReader(fd: 1 | 2): Reader {
  return canBlock(fd) ? programReader('cat', [], { stdout: fd, late: 'goes-on' }) : directReader(fd);
}

/** The system's log. */
export function systemLogReader(id: BuildId): Reader {
  return programReader('logger', ['-i', '-t', `dokku-${id}`], { stdout: 'ignore', late: 'is-killed' });
}

function canBlock(fd: number): boolean {
  try {
    const stat = fs.fstatSync(fd);
    if (stat.isFile()) return false;
    const flags = /^flags:\s*([0-7]+)$/m.exec(fs.readFileSync(`/proc/self/fdinfo/${fd}`, 'latin1'))?.[1] ?? '0';
    return (parseInt(flags, 8) & fs.constants.O_NONBLOCK) === 0;
  } catch {
    return true;
  }
}

const RETRY_MS = 5;

/** For a descriptor that is non-blocking, as Node.js makes its own stdout: cat(1) would fail if it had to wait. */
function directReader(fd: number): Reader {
  let failure: string | undefined;
  return {
    async write(bytes) {
      for (let at = 0; at < bytes.length;) {
        try {
          at += fs.writeSync(fd, bytes, at);
        } catch (error) {
          if (errorCode(error) !== 'EAGAIN') {
            if (errorCode(error) !== 'EPIPE') failure = reasonOf(error);
            throw error;
          }
          await delay(RETRY_MS);
        }
      }
    },
    end: () => Promise.resolve(),
    failure: () => failure,
  };
}

/**
 * A program that reads its stdin, in a session of its own, so that no Ctrl-C reaches it. `late`: whether it is ended
 * or left running if it has not ended in time.
 */
function programReader(
  program: string,
  args: readonly string[],
  { stdout, late }: { readonly stdout: number | 'ignore'; readonly late: 'goes-on' | 'is-killed' },
): Reader {
  const child = spawn(program, args, { stdio: ['pipe', stdout, 'pipe'], cwd: '/', detached: true });
  const { stdin, stderr } = child;
  stdin?.on('error', () => undefined);
  let failure: string | undefined; // a program whose reader has closed its end says nothing: SIGPIPE ends it
  stderr?.on('data', (said: Buffer) => (failure = printable(said.toString().trim())));
  const gone = new Promise<void>((resolve) => {
    child.on('error', () => resolve()); // it is not installed
    child.on('close', () => resolve());
  });
  return {
    async write(bytes) {
      const taken = new Promise<void>((resolve, reject) => {
        stdin?.write(bytes, (error) => (error ? reject(error) : resolve()));
      });
      await Promise.race([taken, gone.then(() => Promise.reject(new Error(`${program} has ended`)))]);
    },
    async end(patience) {
      stdin?.end();
      if (await within(patience, gone)) return;
      if (late === 'is-killed') child.kill('SIGKILL');
      stdin?.destroy();
      stderr?.destroy();
      child.unref();
    },
    failure: () => failure,
  };
}
