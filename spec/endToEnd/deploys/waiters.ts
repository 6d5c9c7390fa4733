import { readdirSync, readFileSync } from 'node:fs';

import type { Sandbox } from '../../../scripts/sandbox/host';

/** The processes that wait for the end of a deploy of the host, or of one app: shells, and what each has started. */
export function waitersOf(host: Sandbox, app?: string): Waiter[] {
  const processes = allProcesses();
  const isShell = ({ command }: Waiter): boolean =>
    [WAITS, host.paths.root, app === undefined ? '' : ` ${app} `].every((text) => command.includes(text));
  const shells = processes.filter(isShell);
  return processes.filter((one) => shells.includes(one) || shells.some(({ pid }) => pid === one.parent));
}

const WAITS = 'dokku-builds-wait';

export interface Waiter {
  readonly pid: number;
  readonly command: string;
  readonly state: string;
  readonly parent: number;
  readonly session: number;
}

/** What /proc says about a process; nothing if it has ended. */
export function readProcess(pid: number): Waiter[] {
  try {
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const [state = '', parent, , session] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return [{ pid, command, state, parent: Number(parent), session: Number(session) }];
  } catch {
    return [];
  }
}

/**
 * Resolves when the processes that wait for deploys are as `expected`. After the end of a deploy that is until tail(1)
 * looks again, a second at most.
 */
export async function untilWaiters(
  host: Sandbox,
  app: string | undefined,
  expected: (waiters: readonly Waiter[]) => boolean,
): Promise<void> {
  while (!expected(waitersOf(host, app))) await new Promise((resolve) => setTimeout(resolve, 50));
}

/** Kills all that waits for the deploys of `app`, also what is started during that. */
export async function killWaiters(host: Sandbox, app: string): Promise<void> {
  await untilWaiters(host, app, (waiters) => {
    for (const { pid } of waiters) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // it has ended by itself
      }
    }
    return noneIsLeft(waiters);
  });
}

/** Resolves when the ends of all deploys of the host are concluded, except those of process `living`. */
export async function untilConcluded(host: Sandbox, living: number): Promise<void> {
  const isAtWork = ({ command }: Waiter): boolean =>
    command.includes(host.paths.root) && [WAITS, 'builds-after-deploy'].some((text) => command.includes(text));
  const isLeft = (one: Waiter): boolean => isAtWork(one) && !one.command.includes(` ${living} `);
  while (allProcesses().some(isLeft)) await new Promise((resolve) => setTimeout(resolve, 50));
}

/** Every process that there is. */
export function allProcesses(): Waiter[] {
  return readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? readProcess(Number(name)) : []));
}

export const noneIsLeft = (waiters: readonly Waiter[]): boolean => waiters.length === 0;
