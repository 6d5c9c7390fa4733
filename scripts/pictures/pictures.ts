/**
 * Makes the pictures of docs/images: commands on terminals of 80 × 24 and 120 × 40, and the page in a browser.
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
import { type DemoDeploy, recordDeploys } from './demoHistory';
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
      for (const [name, call] of Object.entries(SCREENS)) await picture(host, name, call, columns, rows);
    }
  } finally {
    await host.remove();
  }
  await pagePictures();
}

/** A command that is shown, and what is on the screen when it is complete. */
interface Screen {
  readonly args: readonly string[];
  readonly shows: RegExp;
}

/** The last line of a command that ends: its screen is complete. */
const ENDED = /^\$ $/m;

const SCREENS: Readonly<Record<string, Screen>> = {
  watch: { args: ['watch'], shows: /2 running/ },
  list: { args: ['list', 'shop', '--limit', '12'], shows: ENDED },
  recent: { args: ['list', '--recent', '--limit', '14'], shows: ENDED },
  info: { args: ['info', 'shop', 'last-failed'], shows: ENDED },
  releases: { args: ['releases', 'shop', '--limit', '12'], shows: ENDED },
  events: { args: ['events', 'shop', '--since', '3d'], shows: ENDED },
  stats: { args: ['stats', 'shop', '--since', '30d'], shows: ENDED },
  help: { args: ['help', 'events'], shows: ENDED },
};

const APPS = ['blog', 'shop', 'api', 'worker', 'docs', 'auth'];

async function fill(host: Sandbox): Promise<void> {
  for (const [n, app] of APPS.entries()) {
    await host.createApp(app);
    const deploys = Array.from({ length: 16 - 2 * n }, (_, back): DemoDeploy => {
      const failed = (back * 7 + n) % 6 === 5;
      const exitCode = failed ? (back % 2 === 0 ? 137 : 1) : (back * 5 + n) % 11 === 9 ? -1 : 0;
      const source = back % 7 === 3 ? 'config-redeploy' : 'git-hook';
      return { days: 0.9 + back * 1.3 + n * 0.2, exitCode, source, log: demoLog(failed) };
    });
    const now: DemoDeploy[] =
      n < 2 ? [{ days: 0.0004, exitCode: undefined, log: `${demoLog(false).slice(0, 180)}\n` }] : [];
    recordDeploys(host, app, [...deploys.reverse(), ...now], host.process().pid);
  }
  await host.dokku(['builds:replay']);
}

async function picture(
  host: Sandbox,
  name: string,
  { args, shows }: Screen,
  columns: number,
  rows: number,
): Promise<void> {
  const socket = path.join(host.paths.root, `tmux-${name}-${columns}`);
  const env = { ...host.env, TERM: 'xterm-256color', LC_ALL: 'C.UTF-8', TMUX_TMPDIR: host.paths.root };
  const tmux = (...words: string[]): string =>
    spawnSync('tmux', ['-u', '-S', socket, ...words], { env, encoding: 'utf8' }).stdout;
  const [command = '', ...others] = args;
  const call = `dokku builds:${[command, ...others].join(' ')}`;
  const shown = `printf '$ ${call}\\n'; ${call}; printf '$ '; read -r _`;
  const program = command === 'watch' ? call : `sh -c "${shown}"`;
  tmux('-f', '/dev/null', 'new-session', '-d', '-x', String(columns), '-y', String(rows), program);
  try {
    await until(() => shows.test(tmux('capture-pane', '-p', '-N')));
    // Paths are shorter on a real host, and need no second line there.
    const screen = tmux('capture-pane', '-p', '-e', '-N', '-J').replaceAll(host.paths.root, '');
    writeFileSync(path.join(images, `${name}-${columns}.svg`), terminalSvg(screen, columns, rows));
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
