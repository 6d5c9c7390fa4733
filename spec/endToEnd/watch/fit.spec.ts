import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

import test from 'ava';

import { widthOf } from '../../../host/terminal/table/width';
import { createSandbox, type Sandbox } from '../../../scripts/sandbox/host';

/*
 * builds:watch in tmux, which shows what a terminal of a certain size shows. Skipped if there is no tmux.
 */

const inTmux = spawnSync('tmux', ['-V']).status === 0 ? test : test.skip;

let host: Sandbox;

test.before(async () => {
  host = await createSandbox();
  for (const [app, id] of [
    ['shop-with-a-rather-long-name', '0mp1xk2a9bz001'],
    ['blog', '0mp1xk2a9bz002'],
  ] as const) {
    await host.createApp(app);
    const lines = Array.from({ length: 40 }, (_, n) => `       step ${n + 1} of 40 ${'.'.repeat(n * 4)}`).join('\n');
    host.write(host.file(app, `${id}.log`), `${lines}\n\u001b[32m日本語 wide\u001b[0m\n`);
    await host.trigger('builds-record-start', [app, id, String(host.process().pid), 'git-hook']);
  }
  await host.trigger('builds-record-finalize', ['blog', '0mp1xk2a9bz002', '137']);
});

test.after.always(() => host.remove());

/** A terminal with `builds:watch` on it. */
class Screen {
  readonly #socket: string;

  constructor(
    readonly columns: number,
    readonly rows: number,
  ) {
    this.#socket = join(host.paths.root, `tmux-${columns}`);
    const program = join(host.paths.plugins, 'enabled', 'builds', 'subcommands', 'watch');
    this.#tmux(
      '-f',
      '/dev/null',
      'new-session',
      '-d',
      '-x',
      String(columns),
      '-y',
      String(rows),
      program,
      'builds:watch',
    );
  }

  type(...keys: readonly string[]): void {
    this.#tmux('send-keys', ...keys);
  }

  /** The lines on the screen, as soon as `text` is among them. */
  async shows(text: RegExp): Promise<string[]> {
    for (;;) {
      const lines = this.#tmux('capture-pane', '-p').split('\n').slice(0, this.rows);
      if (text.test(lines.join('\n'))) return lines;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  close(): void {
    this.#tmux('kill-server');
  }

  #tmux(...args: readonly string[]): string {
    const env = { ...host.env, TERM: 'xterm-256color', LC_ALL: 'C.UTF-8', TMUX_TMPDIR: host.paths.root };
    return spawnSync('tmux', ['-u', '-S', this.#socket, ...args], { env, encoding: 'utf8' }).stdout;
  }
}

for (const [columns, rows] of [
  [40, 15],
  [80, 24],
  [120, 40],
] as const) {
  inTmux(`list, log, help and filter fit ${columns} columns`, async (t) => {
    const screen = new Screen(columns, rows);
    t.teardown(() => screen.close());
    const fits = (lines: readonly string[]): void => {
      t.true(lines.length <= rows);
      for (const line of lines) t.true(widthOf(line) <= columns, line);
    };
    const list = await screen.shows(/1 running/);
    fits(list);
    t.regex(list.join('\n'), />shop-wit.*▶ running/);
    t.is(list.join('\n').includes('│'), columns >= 120, 'a wide terminal has the log beside the list');
    if (columns >= 120) await screen.shows(/│ 日本語 wide/);

    screen.type('Enter');
    const log = await screen.shows(/following/);
    fits(log);
    t.true(log.join('\n').includes('日本語 wide'));
    t.is(
      log.some((line) => /^\.+$/.test(line)),
      true,
      'long lines wrap',
    );
    screen.type('w', 'Right');
    fits(await screen.shows(/from column 21/));
    screen.type('q', '?');
    fits(await screen.shows(/Any key closes/));
    screen.type('q', '/', 'b', 'l', 'o');
    const filtered = await screen.shows(/\/blo_/);
    fits(filtered);
    t.regex(filtered.join('\n'), />blog +✗ failed/);
    screen.type('Enter');
    screen.type('Enter');
    const finished = await screen.shows(/rows \d+-\d+ of/);
    fits(finished);
    t.notRegex(finished.join('\n'), /follow/);
    t.regex(finished[rows - 1] ?? '', / q back$/, 'the last cell of the last row is drawn');
  });
}
