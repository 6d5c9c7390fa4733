import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { isAlive, type ProcessIdentity } from '../../../host/system/processes';
import { createSandbox, expectSuccess, type Sandbox } from '../../../scripts/sandbox/host';
import { type Answer, type Received, type Receiver, startReceiver } from './receiver';

export const SECRET = 'correct horse battery staple';

/** A host with an app `shop` whose failures are posted, signed, to a receiver that gives these answers. */
export interface Notified {
  readonly host: Sandbox;
  readonly receiver: Receiver;
  /** Names of the notifications that wait. */
  readonly waiting: () => string[];
  /** The pid of the process that delivers; undefined when there is none. */
  readonly deliverer: () => number | undefined;
  /** Resolves when all that waits was worked off. */
  readonly delivered: () => Promise<void>;
  /** Ends the deliverer as a power cut would. */
  readonly kill: () => void;
  readonly remove: () => Promise<void>;
}

/**
 * Does `work` on such a host, and removes it. The deliverer gives a receiver 10 s to answer, however slow the machine
 * is.
 */
export async function withHost(
  answers: Answer[] | [(received: Received) => Answer],
  work: (notified: Notified) => Promise<void>,
): Promise<void> {
  const notified = await notifiedHost(answers);
  try {
    await work(notified);
  } finally {
    await notified.remove();
  }
}

async function notifiedHost(answers: Answer[] | [(received: Received) => Answer]): Promise<Notified> {
  const host = await createSandbox();
  const receiver = await startReceiver(...answers);
  await host.createApp('shop');
  expectSuccess(await host.dokku(['builds:set', 'shop', 'notify-url', receiver.url]));
  expectSuccess(await host.dokku(['builds:set', 'shop', 'notify-secret', '-'], { input: `${SECRET}\n` }));
  const queue = join(host.paths.builds, '.notify');
  const lock = join(queue, 'deliverer');
  const notified: Notified = {
    host,
    receiver,
    waiting: () => (existsSync(queue) ? readdirSync(queue).filter((name) => /\.(plugins|receiver)$/.test(name)) : []),
    deliverer() {
      const text = existsSync(lock) ? readFileSync(lock, 'utf8') : '';
      const named = text === '' ? undefined : (JSON.parse(text) as ProcessIdentity);
      return named && isAlive(named) ? named.pid : undefined; // a pid may be another's by now
    },
    async delivered() {
      // One that was only just started may not have got there yet: then this one does the work.
      expectSuccess(await host.run([join(host.paths.plugins, 'enabled/builds/bin/dokku-builds'), 'builds-deliver']));
      expectSuccess(await host.run(['flock', lock, 'true'])); // waits for whoever holds it
    },
    kill() {
      const pid = notified.deliverer();
      if (pid === undefined) throw new Error('nothing delivers');
      process.kill(pid, 'SIGKILL');
    },
    async remove() {
      rmSync(join(host.paths.config, 'builds'), { recursive: true, force: true });
      try {
        notified.kill(); // it may wait for a receiver that never answers
      } catch {
        // it has ended, or never began
      }
      if (existsSync(lock)) await notified.delivered(); // nobody is there to post to: nothing is left at work
      await receiver.close();
      await host.remove();
    },
  };
  return notified;
}

/** What waits, as it is stored. */
export function stored({ host, waiting }: Notified): { path: string; content: Record<string, unknown> }[] {
  return waiting().map((name) => {
    const path = join(host.paths.builds, '.notify', name);
    return { path, content: JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown> };
  });
}

/** Records a build of `shop` as the triggers of a deploy do. */
export async function record(host: Sandbox, id: string, exitCode: number, app = 'shop'): Promise<void> {
  const deploy = host.process();
  expectSuccess(await host.trigger('builds-record-start', [app, id, String(deploy.pid), 'git-hook']));
  expectSuccess(await host.trigger('builds-record-finalize', [app, id, String(exitCode)]));
}
