import { join } from 'node:path';

import type { CallOptions, Result, Sandbox } from '../../../scripts/sandbox/host';
import { type Change, changesIn, interfering, rehearsing } from '../durability/tracing';

/** Runs `command` on `host` to its end; gives what it changed among the host's plugins, in order. */
export async function rehearse(
  host: Sandbox,
  command: readonly [string, ...string[]],
  options: CallOptions = {},
): Promise<{ result: Result; changes: Change[] }> {
  const log = logOf(host);
  const result = await host.run(traced(rehearsing(log), command), options);
  return { result, changes: changesIn(log, host.paths.plugins) };
}

/** Runs `command` on `host` and kills it right before a system call: that of `change`, or one near it. */
export function runKilled(
  host: Sandbox,
  command: readonly [string, ...string[]],
  change: Change,
  options: CallOptions = {},
): Promise<Result> {
  return host.run(traced(interfering(change, 'signal=KILL', logOf(host)), command), options);
}

/**
 * The changes worth being killed at: those that give names or take them, at most {@link MOST} of them, spread evenly.
 */
export function killPoints(changes: readonly Change[]): Change[] {
  const steps = changes.filter(({ call }) => /^(rename|symlink|unlink|link|rmdir)/.test(call));
  const every = Math.ceil(steps.length / MOST);
  return steps.filter((_, index) => index % every === 0);
}

/** Each costs some seconds: the executable is more than 100 MB. */
const MOST = process.env['SOAK'] === '1' ? 1000 : 8;

function logOf(host: Sandbox): string {
  const log = join(host.paths.tmp, 'changes');
  host.write(log, '');
  return log;
}

function traced(by: readonly string[], command: readonly string[]): [string, ...string[]] {
  const [program = '', ...args] = by;
  return [program, ...args, ...command];
}
