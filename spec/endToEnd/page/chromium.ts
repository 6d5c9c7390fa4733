import { spawnSync } from 'node:child_process';

import { type Browser, chromium as playwright, type Page } from 'playwright-core';

/** The path of Debian's chromium, or of what is called so elsewhere; undefined if there is none. */
export const chromium = ['chromium', 'chromium-browser', 'google-chrome']
  .map((name) => spawnSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).stdout.trim())
  .find((path) => path !== '');

/** What the page is looked at with. */
export interface Viewport {
  readonly width?: number;
  readonly height?: number;
  readonly dark?: boolean;
  readonly javaScript?: boolean;
  readonly timeZone?: string;
}

/** A page in a browser, with what it said on its console and every address that it asked for. */
export interface OpenPage {
  readonly page: Page;
  readonly console: readonly string[];
  readonly requests: readonly string[];
}

let browser: Promise<Browser> | undefined;

/** Opens the file at `path` in a fresh profile. */
export async function openPage(path: string, viewport: Viewport = {}, fragment = ''): Promise<OpenPage> {
  const { width = 1280, height = 900, dark = false, javaScript = true, timeZone = 'UTC' } = viewport;
  browser ??= playwright.launch({ executablePath: chromium ?? '', args: ['--no-sandbox', '--disable-gpu'] });
  const context = await (
    await browser
  ).newContext({
    viewport: { width, height },
    colorScheme: dark ? 'dark' : 'light',
    javaScriptEnabled: javaScript,
    timezoneId: timeZone,
    locale: 'en-GB',
  });
  const page = await context.newPage();
  const said: string[] = [];
  const requests: string[] = [];
  page.on('console', (message) => said.push(message.text()));
  page.on('pageerror', (error) => said.push(error.message));
  page.on('request', (request) => requests.push(request.url()));
  await page.goto(`file://${path}${fragment}`);
  return { page, console: said, requests };
}

/** Ends the browser, if one was started. */
export async function closeBrowser(): Promise<void> {
  await (await browser)?.close();
}
