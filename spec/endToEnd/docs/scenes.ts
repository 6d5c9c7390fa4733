import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';

import { builtPlugin } from '../../../scripts/sandbox/layout';
import { createSandbox, expectSuccess, type Running, type Sandbox, script } from '../../../scripts/sandbox/host';
import { writeTarball } from '../../../scripts/tarball';

/* The host that the pages show: the deploys of `npm start`, and two more. */

const works = script('echo "       3 modules compiled"');
const fails = script('echo "       shop.c:14: error: expected a semicolon" >&2', 'exit 2');

/** A host with six builds of the app shop, and the app blog. */
export async function documentedHost(): Promise<Sandbox> {
  const host = await createSandbox();
  for (const app of ['shop', 'blog']) await host.createApp(app);
  expectSuccess(await host.push('shop', { build: works }));
  await host.push('shop', { build: fails });
  await host.dokku(['builds:wait', 'shop']);
  const gate = host.gate();
  const hanging = await host.startPush('shop', { build: script(gate.announced('downloading')) }, 'downloading');
  expectSuccess(await host.dokku(['builds:cancel', 'shop']));
  await hanging.finished;
  expectSuccess(await host.dokku(['ps:restart', 'shop']));
  await host.dokku(['builds:wait', 'shop', 'last']);
  expectSuccess(await host.push('shop', { build: works }, { env: { SSH_NAME: 'ann' } }));
  await host.push('shop', { build: fails }, { env: { SSH_NAME: 'ben' } });
  await host.dokku(['builds:wait', 'shop']);
  return host;
}

/** What a mark `scene` names. */
export const scenes: Readonly<Record<string, (host: Sandbox) => Promise<unknown>>> = {
  'ann deploys blog': (host) => deployBlog(host, 'echo started; exec sleep 600'),
  'blog is being deployed, and does not end when it is asked to': (host) =>
    deployBlog(
      host,
      `exec ${process.execPath} -e "process.on('SIGQUIT', () => {}); process.on('SIGTERM', () => {}); setInterval(() => {}, 1e6); console.log('started')"`,
    ),
  'the package is in /root, and the stock plugin answers': download,
  'a restart of all apps left a log': async (host) => {
    host.write(join(host.paths.builds, '--all', 'mwxjm10193317x.log'), '');
    return Promise.resolve();
  },
  'there is a backup': async (host) =>
    expectSuccess(
      await host.run([
        'sh',
        '-c',
        'mkdir -p backup/shop && cp -p "$0"/shop/events.journal backup/shop',
        host.paths.builds,
      ]),
    ),
};

async function deployBlog(host: Sandbox, command: string): Promise<Running> {
  const env = { SSH_NAME: 'ann' };
  const running = host.start(['dokku-builds', 'capture', 'blog', '--', 'sh', '-c', command], { env });
  await running.until('started');
  return running;
}

const PACKAGE = 'dokku-builds-0.1.0';

/** What a release has, not compressed: the executable takes seconds to compress. */
async function download(host: Sandbox): Promise<void> {
  host.enable('stock');
  expectSuccess(await host.run(['rm', '-rf', join(host.paths.plugins, 'available', 'dokku-builds')]));
  const directory = join(host.paths.root, 'root');
  if (existsSync(directory)) return;
  mkdirSync(directory);
  await writeTarball(builtPlugin, PACKAGE, join(directory, `${PACKAGE}-linux-x64.tar.gz`), 0);
}
