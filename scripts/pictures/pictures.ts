/**
 * Makes the pictures of docs/images: builds:watch on terminals of 80 × 24 and 120 × 40, and the page in a browser.
 * Needs tmux and chromium, and `npm run build` before. `node -r ts-node/register/transpile-only
 * scripts/pictures/pictures.ts`
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { pageHtml } from '../../projections/page/page';
import { closeBrowser, openPage } from '../../spec/endToEnd/page/chromium';
import { demoHost, demoLog } from '../../spec/projections/page/demoPage';
import { createSandbox, type Sandbox } from '../sandbox/host';
import { terminalSvg } from './terminalSvg';

const images = path.join(__dirname, '../../docs/images');

async function main(): Promise<void> {
  mkdirSync(images, { recursive: true });
  const host = await createSandbox();
  try {
    await fill(host);
    for (const [columns, rows] of [
      [80, 24],
      [120, 40],
    ] as const) {
      await watchPicture(host, columns, rows);
    }
  } finally {
    await host.remove();
  }
  await pagePictures();
}

async function fill(host: Sandbox): Promise<void> {
  const apps = ['blog', 'shop', 'api', 'worker', 'docs', 'auth'];
  for (const [n, app] of apps.entries()) {
    await host.createApp(app);
    for (const round of [1, 2]) {
      const id = `0mp1xk2a${n}bz00${round}`;
      const isRunning = round === 2 && n < 2;
      const failed = round === 2 && n === 3;
      host.write(host.file(app, `${id}.log`), isRunning ? `${demoLog(false).slice(0, 180)}\n` : demoLog(failed));
      const env = { SSH_NAME: ['ann-laptop', 'ben', 'deploy-bot'][n % 3] };
      await host.trigger('builds-record-start', [app, id, String(host.process().pid), 'git-hook'], { env });
      if (!isRunning) await host.trigger('builds-record-finalize', [app, id, failed ? '1' : '0']);
    }
  }
}

async function watchPicture(host: Sandbox, columns: number, rows: number): Promise<void> {
  const socket = path.join(host.paths.root, `tmux-${columns}`);
  const env = { ...host.env, TERM: 'xterm-256color', LC_ALL: 'C.UTF-8', TMUX_TMPDIR: host.paths.root };
  const tmux = (...args: string[]): string =>
    spawnSync('tmux', ['-u', '-S', socket, ...args], { env, encoding: 'utf8' }).stdout;
  const program = path.join(host.paths.plugins, 'enabled/builds/subcommands/watch');
  tmux('-f', '/dev/null', 'new-session', '-d', '-x', String(columns), '-y', String(rows), program, 'builds:watch');
  try {
    await until(() => tmux('capture-pane', '-p').includes('2 running'));
    writeFileSync(
      path.join(images, `watch-${columns}.svg`),
      terminalSvg(tmux('capture-pane', '-p', '-e', '-N'), columns, rows),
    );
  } finally {
    tmux('kill-server');
  }
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 50));
}

async function pagePictures(): Promise<void> {
  const directory = mkdtempSync(path.join(tmpdir(), 'dokku-builds-pictures-'));
  const file = path.join(directory, 'page.html');
  try {
    const source = demoHost(12, 18);
    writeFileSync(file, pageHtml({ ...source, reload: 30 }));
    for (const [name, viewport] of [
      ['page', { width: 1280, height: 1000 }],
      ['page-dark', { width: 1280, height: 1000, dark: true }],
      ['page-phone', { width: 390, height: 844 }],
    ] as const) {
      const { page } = await openPage(file, viewport);
      await page.clock.setFixedTime(source.now);
      await page.reload();
      await page.screenshot({ path: path.join(images, `${name}.png`) });
    }
  } finally {
    await closeBrowser();
    rmSync(directory, { recursive: true, force: true });
  }
}

void main();
