import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';

import test, { type ExecutionContext } from 'ava';

import { synthesizeJournal } from '../../../scripts/bench/synthesizeJournal';
import type { Host } from '../../../host/dokku/environment';
import { appBuilds } from '../../../host/dokku/paths';
import { environmentOf, executable } from '../durability/pluginCalls';
import { createApp, temporaryHost } from '../../temporaryHost';

/** 40,000 builds, of which 20 are on record. To keep all in memory takes three times what their events take. */
const EVENTS = 120_000;

/** It has printed so much when it is measured. A pipe holds 64 KiB, so it waits in the middle of its output. */
const PRINTED_BYTES = 1024 * 1024;

test('a list of all builds does not keep them in memory: it takes less than twice the size of their events', async (t) => {
  const host = temporaryHost(t);
  const app = createApp(host, 'shop');
  synthesizeJournal(appBuilds(host, app).directory, { app, events: EVENTS });
  const events = await peakWhilePrinting(t, host, ['events', 'shop', '--format', 'jsonl']);
  for (const format of ['json', 'stdout']) {
    const list = await peakWhilePrinting(t, host, ['list', 'shop', '--all', '--format', format]);
    t.true(list < 2 * events, `--format ${format}: ${list} KiB, events ${events} KiB`);
    t.log(`--format ${format}: ${list} KiB, events: ${events} KiB`);
  }
});

/** The most memory that a command had until it has printed a good part of its output, in KiB. It is ended then. */
async function peakWhilePrinting(
  t: ExecutionContext,
  host: Host,
  [name = '', ...args]: readonly string[],
): Promise<number> {
  const command = spawn(executable(`subcommands/${name}`), [`builds:${name}`, ...args], {
    env: environmentOf(host),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(command, 'close');
  let bytes = 0;
  let status = '';
  for await (const chunk of command.stdout) {
    bytes += (chunk as Buffer).length;
    if (bytes <= PRINTED_BYTES) continue;
    status = readFileSync(`/proc/${command.pid}/status`, 'latin1'); // before the pipe is closed, which ends it
    break;
  }
  t.true(bytes > PRINTED_BYTES, `${name} printed ${bytes} bytes`);
  command.kill('SIGKILL');
  await ended;
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]);
}
