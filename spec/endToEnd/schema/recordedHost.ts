import { readFileSync } from 'node:fs';

import { createSandbox, type Sandbox } from '../../../scripts/sandbox/host';
import { untilConcluded } from '../deploys/waiters';
import type { Json } from './schemas';

/** The app of {@link recordedHost}. */
export const APP = 'shop';

/**
 * A host with an app that has met everything: every source, every end, adopted builds, builds that left, one that
 * runs.
 */
export async function recordedHost(): Promise<Sandbox> {
  const host = await createSandbox();
  await host.createApp(APP);
  const started = {
    id: 'stock1',
    app: APP,
    kind: 'build',
    pid: 4242,
    started_at: '2026-04-30T13:50:00.123456789+02:00',
  };
  const ended = { finished_at: '2026-04-30T13:51:14Z', exit_code: -1 };
  adoptable(host, { ...started, status: 'failed', ...ended, source: 'from elsewhere' });
  adoptable(host, { ...started, id: 'stock2', status: 'canceled', ...ended, source: 'git-hook' });
  adoptable(host, { id: 'ghost001', started_at: '2026-04-30T13:50:00z', status: 'running' });
  const env = { SSH_USER: 'dokku', SSH_NAME: 'ann', SSH_ORIGINAL_COMMAND: "git-receive-pack 'shop'" };
  for (const [index, source] of ['git-hook', 'git:sync', 'ps:restart', 'no-such-source'].entries()) {
    await host.trigger('builds-record-start', [APP, `b${index}`, String(process.pid), source], { env });
    await host.trigger('builds-record-finalize', [APP, `b${index}`, String(index)], { env });
  }
  const captured = host.start(['dokku-builds', 'capture', APP, '--', 'sh', '-c', host.gate().announced('begun')]);
  await captured.until('begun');
  await host.dokku(['builds:cancel', APP], { env });
  await captured.finished;
  await host.trigger('builds-record-start', [APP, 'polled', String(process.pid), 'git:sync']);
  await host.trigger('builds-record-discard', [APP, 'polled']);
  await host.dokku(['builds:set', APP, 'retention', '5']);
  await host.dokku(['builds:set', APP, 'log-retention', '3']);
  await host.dokku(['builds:prune', APP]);
  await untilConcluded(host, process.pid); // a conclusion adopts what it finds, and ends a build that has died
  await host.trigger('builds-record-start', [APP, 'lives', String(host.process().pid), 'git-hook'], {
    env: { SSH_USER: undefined, SSH_NAME: undefined },
  });
  const short = host.process();
  short.signal('SIGKILL');
  await short.finished;
  // Nobody waits for the end of what another program recorded.
  adoptable(host, { ...started, id: 'died', pid: short.pid, status: 'running', source: 'git-hook' });
  return host;
}

function adoptable(host: Sandbox, record: Json): void {
  host.write(host.file(APP, `${String(record['id'])}.json`), JSON.stringify(record));
}

/** What `dokku ARGS` prints, one JSON value. */
export async function printed(host: Sandbox, args: readonly string[]): Promise<unknown> {
  const { stdout } = await host.dokku(args);
  return JSON.parse(stdout) as unknown;
}

/** What `dokku ARGS` prints, an array of JSON objects. */
export async function printedArray(host: Sandbox, args: readonly string[]): Promise<Json[]> {
  return (await printed(host, args)) as Json[];
}

/** The record file of a build. */
export function recordOf(host: Sandbox, build: string): Json {
  return JSON.parse(readFileSync(host.file(APP, `${build}.json`), 'utf8')) as Json;
}
