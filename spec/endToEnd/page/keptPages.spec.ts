import { existsSync, readdirSync, readFileSync, rmSync, statSync, watch, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import test from 'ava';

import { createSandbox, type Sandbox } from '../../../scripts/sandbox/host';

let host: Sandbox;
let directory: string;

test.before(async () => {
  host = await createSandbox();
  directory = join(host.paths.libRoot, 'data', 'builds-page');
  for (const app of ['shop', 'blog']) await host.createApp(app);
});

test.after.always(() => host.remove());

/** Resolves when `isSo`, which is asked after every change in the directory of the pages. */
function until(isSo: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const watchers = [directory, join(directory, 'apps')]
      .filter((path) => existsSync(path))
      .map((path) => watch(path, check));
    const timer = setInterval(check, 500); // a directory may be made meanwhile
    function check(): void {
      if (!isSo()) return;
      clearInterval(timer);
      for (const one of watchers) one.close();
      resolve();
    }
    check();
  });
}

const read = (name: string): string =>
  existsSync(join(directory, name)) ? readFileSync(join(directory, name), 'utf8') : '';
const isIdle = (): boolean => !existsSync(join(directory, '.update', 'changed'));

test.serial('nothing is written as long as nobody asks for it', async (t) => {
  await host.trigger('builds-record-start', ['shop', 'b0', String(process.pid), 'git-hook']);
  await host.trigger('builds-record-finalize', ['shop', 'b0', '0']);
  t.false(existsSync(directory));
});

test.serial('page on writes the page, and each event after that brings it up to date', async (t) => {
  t.is((await host.dokku(['builds:set', '--global', 'page', 'on'])).code, 0);
  await until(() => read('index.html').includes('b0'));
  t.is(statSync(join(directory, 'index.html')).mode & 0o777, 0o644);
  t.is(statSync(directory).mode & 0o777, 0o755);
  t.true(read('index.html').includes('data-reload=30'));
  await host.trigger('builds-record-start', ['blog', 'b1', String(process.pid), 'git-hook']);
  await until(() => /id="?b1"? class=running/.test(read('index.html')));
  await host.trigger('builds-record-finalize', ['blog', 'b1', '3']);
  await until(() => /id="?b1"? class=failed/.test(read('index.html')));
  t.false(existsSync(join(directory, 'apps')));
});

test.serial('many events at once make few pages, at least a second apart, and the last one shows all', async (t) => {
  await until(isIdle);
  const inodes = new Map<number, number>();
  const note = (): void => {
    const stat = statSync(join(directory, 'index.html'), { throwIfNoEntry: false });
    if (stat !== undefined && !inodes.has(stat.ino)) inodes.set(stat.ino, stat.mtimeMs);
  };
  const watcher = watch(directory, note);
  t.teardown(() => watcher.close());
  const ids = Array.from({ length: 12 }, (_, n) => `many${n}`);
  for (const id of ids) {
    await host.trigger('builds-record-start', ['shop', id, String(process.pid), 'git-hook']);
    await host.trigger('builds-record-finalize', ['shop', id, '0']);
  }
  await until(() => ids.every((id) => read('index.html').includes(`id="${id}" class=succeeded`)));
  const times = [...inodes.values()].sort((a, b) => a - b);
  for (const [n, time] of times.entries()) if (n > 0) t.true(time - (times[n - 1] ?? 0) >= 900, times.join());
  t.deepEqual(
    readdirSync(directory).filter((name) => name.endsWith('.tmp')),
    [],
  );
});

test.serial('an app has a page of its own, which goes with its property', async (t) => {
  await host.dokku(['builds:set', 'shop', 'page', 'on']);
  await until(() => read('apps/shop.html').includes('<title>Builds of shop'));
  await host.dokku(['builds:set', '--global', 'page', 'off']);
  await until(() => !existsSync(join(directory, 'index.html')));
  await host.dokku(['builds:set', 'shop', 'page']);
  await until(() => !existsSync(join(directory, 'apps', 'shop.html')));
  await until(isIdle);
  t.deepEqual(readdirSync(join(directory, 'apps')), []);
});

test.serial('another value is refused', async (t) => {
  const { code, stderr } = await host.dokku(['builds:set', 'shop', 'page', 'maybe']);
  t.deepEqual([code, stderr], [1, ' !     Invalid page "maybe": must be on or off\n']);
});

test.serial('if the page cannot be written, the file and the reason are named', async (t) => {
  await until(isIdle);
  rmSync(directory, { recursive: true });
  writeFileSync(directory, '');
  const { code, stderr } = await host.dokku(['builds:set', 'shop', 'page', 'on']);
  const page = join(directory, 'apps', 'shop.html');
  t.is(stderr, ` !     The property is stored, but ${page} cannot be brought up to date: not a directory\n`);
  t.is(code, 1);
});
