import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';

import { identifyProcess, isGroupAlive } from '../../host/system/processes';

/** A command that waits behind a gate. It is already a process, in a process group of its own. */
export interface GatedCommand {
  /** Undefined if it could not be started. */
  readonly pid: number | undefined;
  /** Lets it begin. */
  openGate(): void;
  /** Sends a signal to its process group. */
  signal(signal: NodeJS.Signals): void;
  /** Waits at most `ms` until its process group is empty, and returns whether it is. */
  isGoneWithin(ms: number): Promise<boolean>;
  /** Stops forwarding: from now on, signals to this process affect this process. */
  forwardNoMore(): void;
  /**
   * Its exit status as a shell would say it: its own, or 128 and the number of the signal that ended it. Does not wait
   * for other processes that the command has started.
   */
  readonly ended: Promise<number>;
}

/** The command comes as arguments, so the shell does not interpret it. */
const GATE = 'read -r go <&3 || exit 125; exec 3<&-; exec "$@"';
const GATE_FD = 3;
const NOT_STARTED = 127;
const POLL_MS = 50;
const FORWARDED = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2'] as const;

/**
 * Starts a command that writes its output to the descriptor `writer`. From then on, signals to this process are sent
 * to the command's process group instead, so that this process can record the end.
 */
export function startGated(
  command: string,
  args: readonly string[],
  writer: number,
  env: NodeJS.ProcessEnv,
): GatedCommand {
  const child = spawn('/bin/sh', ['-c', GATE, 'sh', command, ...args], {
    detached: true,
    stdio: ['inherit', writer, writer, 'pipe'],
    env,
  });
  const ended = new Promise<number>((resolve) => {
    child.on('error', () => resolve(NOT_STARTED));
    child.on('exit', (code, signal) => resolve(signal ? 128 + constants.signals[signal] : (code ?? NOT_STARTED)));
  });
  const identity = child.pid === undefined ? undefined : identifyProcess(child.pid);
  const send = (signal: NodeJS.Signals): void => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, signal);
    } catch {
      // it has just ended
    }
  };
  for (const signal of FORWARDED) process.on(signal, send);
  return {
    pid: child.pid,
    openGate() {
      const gate = child.stdio[GATE_FD];
      if (!gate || !('end' in gate)) return;
      gate.on('error', () => undefined); // it was killed before it began
      gate.end('go\n');
    },
    signal: send,
    async isGoneWithin(ms) {
      const until = performance.now() + ms;
      while (identity !== undefined && isGroupAlive(identity)) {
        if (performance.now() > until) return false;
        await delay(POLL_MS);
      }
      return true;
    },
    forwardNoMore() {
      for (const signal of FORWARDED) process.off(signal, send);
    },
    ended,
  };
}
