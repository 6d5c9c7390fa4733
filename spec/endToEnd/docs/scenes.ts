import { createHmac } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';

import { builtPlugin } from '../../../scripts/sandbox/layout';
import { createSandbox, expectSuccess, type Running, type Sandbox, script } from '../../../scripts/sandbox/host';
import { writeTarball } from '../../../scripts/tarball';
import { startReceiver } from '../notifications/receiver';
import { installed, standIn, standIns } from './standIns';

/* The host that the pages show: the deploys of `npm start`, and two more. */

const works = script('echo "       3 modules compiled"');
const fails = script('echo "       shop.c:14: error: expected a semicolon" >&2', 'exit 2');

/** A host with six builds of the app shop, and the app blog. */
export async function documentedHost(): Promise<Sandbox> {
  const host = await createSandbox();
  standIn(host, 'sudo', standIns.sudo);
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

/** What a scene changes for its block. */
export interface Setting {
  /** What the page says, and what is typed in its place; in the output it is the other way round. */
  readonly here?: readonly (readonly [string, string])[];
  /** Whether the block has done what the page says, if its output does not show it. Throws if a file is missing. */
  readonly isDone?: () => boolean;
  readonly close?: () => Promise<void>;
  /** Why the block cannot be run on this machine. */
  readonly missing?: string;
}

/** What a mark `scene` names. */
export const scenes: Readonly<Record<string, (host: Sandbox) => Promise<Setting>>> = {
  'ann deploys blog': (host) => deployBlog(host, 'echo started; exec sleep 600'),
  'blog is being deployed, and does not end when it is asked to': (host) =>
    deployBlog(
      host,
      `exec ${process.execPath} -e "process.on('SIGQUIT', () => {}); process.on('SIGTERM', () => {}); setInterval(() => {}, 1e6); console.log('started')"`,
    ),
  'there is a release, and the stock plugin answers': async (host) => {
    const archive = await download(host);
    const released = join(host.paths.root, 'root', 'dokku-builds-linux-x64.tar.gz');
    if (!existsSync(released)) renameSync(archive, released);
    const address = 'https://github.com/dokku-builds/dokku-builds/releases/latest/download/';
    return {
      here: [[address, `file://${join(host.paths.root, 'root')}/`]],
      isDone: () => answers(host, 'builds-journal'),
    };
  },
  'the package is in /root, and the stock plugin answers': async (host) => {
    await download(host);
    return {};
  },
  'the plugin is installed as builds-journal': async (host) => {
    const archive = await download(host);
    expectSuccess(await host.dokku(['plugin:install', `file://${archive}`, '--name', 'builds-journal']));
    const links = ['usr/local/bin/dokku-builds', 'usr/local/share/man/man1/dokku-builds.1'];
    const completions = [
      'etc/bash_completion.d/dokku-builds',
      'usr/local/share/zsh/site-functions/_dokku-builds',
      'etc/fish/completions/dokku-builds.fish',
    ];
    const paths = [...links, ...completions].map((link) => join(host.paths.root, link));
    for (const directory of ['usr/local/bin', ...completions.map((path) => join(path, '..'))])
      mkdirSync(join(host.paths.root, directory), { recursive: true });
    return { here: systemDirectories(host), isDone: () => paths.every((path) => existsSync(path)) };
  },
  'the plugin is unpacked by hand, and systemd runs': (host) => {
    mkdirSync(join(host.paths.root, 'etc/systemd/system'), { recursive: true });
    const log = standIn(host, 'systemctl', standIns.systemctl);
    const typed = () => readFileSync(log, 'utf8');
    const isDone = () => typed() === 'daemon-reload\nenable --now dokku-builds.path\n';
    return Promise.resolve({ here: systemDirectories(host), isDone });
  },
  'there is nginx, and ann types a password': async (host) => {
    const directory = join(host.paths.root, 'etc/nginx');
    mkdirSync(directory, { recursive: true });
    standIn(host, 'openssl', standIns.openssl);
    standIn(host, 'chown', standIns.nothing);
    const file = join(directory, 'builds.htpasswd');
    const isRight = () =>
      /^ann:\$6\$\S{8,}\n$/.test(readFileSync(file, 'utf8')) && (statSync(file).mode & 0o777) === 0o640;
    return Promise.resolve({ here: systemDirectories(host), isDone: isRight });
  },
  'hooks.example.com takes what is posted': async (host) => {
    const receiver = await startReceiver();
    const isSigned = () => {
      const [posted] = receiver.received;
      const secret = readFileSync(join(host.paths.tmp, 'secret.txt'), 'utf8').trim();
      const signature = `sha256=${createHmac('sha256', secret)
        .update(posted?.body ?? '')
        .digest('hex')}`;
      return receiver.received.length === 1 && posted?.headers['x-dokku-builds-signature'] === signature;
    };
    return {
      here: [
        ['https://hooks.example.com/dokku', receiver.url],
        ['https://hooks.example.com', new URL(receiver.url).origin],
      ],
      isDone: isSigned,
      close: receiver.close,
    };
  },
  'the host is reached by ssh, and there is promtool': (host) => {
    standIn(host, 'ssh', standIns.ssh);
    return Promise.resolve(installed('promtool', '--version') ? {} : { missing: 'there is no promtool' });
  },
  'a restart of all apps left a log': async (host) => {
    host.write(join(host.paths.builds, '--all', 'mwxjm10193317x.log'), '');
    return Promise.resolve({});
  },
  'there is a backup': async (host) => {
    const copy = 'mkdir -p backup/shop && cp -p "$0"/shop/events.journal backup/shop';
    expectSuccess(await host.run(['sh', '-c', copy, host.paths.builds]));
    return {};
  },
};

async function deployBlog(host: Sandbox, command: string): Promise<Setting> {
  const env = { SSH_NAME: 'ann' };
  const running: Running = host.start(['dokku-builds', 'capture', 'blog', '--', 'sh', '-c', command], { env });
  await running.until('started');
  return {};
}

const PACKAGE = 'dokku-builds-0.1.0';

/** Puts what a release has into /root, not compressed: the executable takes seconds to compress. Gives its path. */
async function download(host: Sandbox): Promise<string> {
  host.enable('stock');
  const { plugins, root } = host.paths;
  const left =
    'rm -rf available/*dokku-builds* available/.dokku-builds-* */builds-journal enabled/dokku-builds dokku-builds.json';
  expectSuccess(await host.run(['sh', '-c', left], { cwd: plugins }));
  const directory = join(root, 'root');
  const archive = join(directory, `${PACKAGE}-linux-x64.tar.gz`);
  if (!existsSync(archive)) {
    mkdirSync(directory, { recursive: true });
    await writeTarball(builtPlugin, PACKAGE, archive, 0);
  }
  return archive;
}

function answers(host: Sandbox, name: string): boolean {
  const enabled = join(host.paths.plugins, 'enabled');
  return existsSync(join(enabled, name)) && readlinkSync(join(enabled, 'builds')) === `../available/${name}`;
}

/** Directories of the system, which a page names, on `host`. */
function systemDirectories(host: Sandbox): [string, string][] {
  return ['/etc/', '/usr/local/'].map((directory) => [directory, `${host.paths.root}${directory}`]);
}
