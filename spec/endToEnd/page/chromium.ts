import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Debian's chromium, or what is called so elsewhere; undefined where there is none. */
export const chromium = ['chromium', 'chromium-browser', 'google-chrome'].find(
  (name) => spawnSync(name, ['--version'], { stdio: 'ignore' }).status === 0,
);

export interface Look {
  readonly width?: number;
  readonly height?: number;
  readonly dark?: boolean;
  /** `#…`, behind the address. */
  readonly fragment?: string;
}

/** The document as the browser has it, with what it reported on its console. */
export function loadPage(file: string, look: Look = {}): { readonly dom: string; readonly console: string } {
  return browse(file, look, ['--dump-dom', '--enable-logging=stderr', '--log-level=0']);
}

/** What the page looks like. */
export function photograph(file: string, look: Look = {}): Image {
  const directory = mkdtempSync(join(tmpdir(), 'dokku-builds-picture-'));
  try {
    const path = join(directory, 'page.png');
    browse(file, look, ['--hide-scrollbars', `--screenshot=${path}`]);
    const png = readFileSync(path);
    return { width: png.readUInt32BE(16), height: png.readUInt32BE(20), png };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

export interface Image {
  readonly width: number;
  readonly height: number;
  readonly png: Buffer;
}

/** One that hangs is a failure with what it said, not a silence that ends the whole run. */
const LIMIT_MS = 5 * 60_000;

function browse(file: string, look: Look, flags: readonly string[]): { dom: string; console: string } {
  const { width = 1200, height = 900, dark = false, fragment = '' } = look;
  const profile = mkdtempSync(join(tmpdir(), 'dokku-builds-chromium-'));
  try {
    const { stdout, stderr, status, signal } = spawnSync(
      chromium ?? '',
      [
        ...['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'],
        ...['--disable-component-update', '--disable-sync', '--disable-dev-shm-usage', `--user-data-dir=${profile}`],
        ...[`--window-size=${width},${height}`, `--blink-settings=preferredColorScheme=${dark ? 0 : 1}`],
        ...flags,
        `file://${file}${fragment}`,
      ],
      { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024, timeout: LIMIT_MS, killSignal: 'SIGKILL' },
    );
    if (status !== 0) throw new Error(`chromium: exit ${String(status ?? signal)}\n${stderr}`);
    return {
      dom: stdout,
      console: stderr
        .split('\n')
        .filter((line) => line.includes('CONSOLE'))
        .join('\n'),
    };
  } finally {
    rmSync(profile, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 }); // its children may write still
  }
}
