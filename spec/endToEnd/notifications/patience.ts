import { join } from 'node:path';

import type { Sandbox } from '../../../scripts/sandbox/host';

/**
 * On `host` a receiver and a plugin have an hour to answer, where the program gives them 10 s and 60 s: what a spec does while one of them is
 * made to wait takes as long as the machine is busy. Only deliverers wait for a minute or by an AbortSignal.
 */
export function makePatient(host: Sandbox): void {
  const preload = join(host.paths.tmp, 'patience.cjs');
  host.write(preload, PRELOAD);
  host.env['NODE_OPTIONS'] = `--require ${preload}`;
}

const PRELOAD = `
const HOUR = 60 * 60_000;
const { setTimeout: start } = globalThis;
const { timeout } = AbortSignal;
globalThis.setTimeout = (work, ms, ...rest) => start(work, ms >= 60_000 ? HOUR : ms, ...rest);
AbortSignal.timeout = () => timeout.call(AbortSignal, HOUR);
`;
