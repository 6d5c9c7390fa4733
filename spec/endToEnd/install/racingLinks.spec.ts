import { spawn, spawnSync } from 'node:child_process';
import { chownSync, lstatSync, mkdirSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';

import type { ExecutionContext } from 'ava';

import type { Host } from '../../../host/dokku/environment';
import { asRoot, temporaryHost } from '../../temporaryHost';
import { call } from '../durability/pluginCalls';

const DOKKU = 65534;
const INSTALLS = process.env['SOAK'] === '1' ? 500 : 12;

asRoot('while the data is swapped for a link again and again, install gives away nothing outside of it', async (t) => {
  for (const place of ['data', 'data/builds', 'data/builds/shop', 'config', 'config/builds/shop']) {
    const { host, outside } = hostOf(t);
    mkdirSync(join(outside, 'builds', 'shop'), { recursive: true });
    const secrets = ['', 'builds', 'builds/shop'].map((part) => join(outside, part, 'secret'));
    for (const secret of secrets) writeFileSync(secret, '', { mode: 0o600 });
    const path = join(host.libRoot, place);
    const swapping = spawn('sh', ['-c', SWAP, 'sh', path, outside], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(swapping.stdout, 'data'); // it swaps
    for (let n = 0; n < INSTALLS; n += 1) {
      const { signal, stderr } = await call(host, 'install', []);
      t.is(signal, null);
      t.notRegex(stderr, /\n {4}at /);
    }
    swapping.kill('SIGKILL');
    await once(swapping, 'close');
    for (const secret of [...secrets, outside, join(outside, 'builds'), join(outside, 'builds/shop')])
      t.is(lstatSync(secret).uid, 0, `${secret}, with ${place} swapped`);
  }
});

asRoot('directories 21,000 deep, which dokku can make, do not end install', async (t) => {
  const { host } = hostOf(t);
  const top = join(host.libRoot, 'data/builds/shop');
  t.teardown(() => spawnSync('rm', ['-rf', top]));
  t.is(spawnSync(process.execPath, ['-e', DEEP], { cwd: top }).status, 0);
  const { status, stderr } = await call(host, 'install', []);
  t.is(status, 0, stderr);
  t.regex(stderr, /is deeper than any file of builds; it is left as it is\n$/);
});

const DEEP = `for (let n = 0; n < 21_000; n += 1) { fs.mkdirSync('d'); process.chdir('d'); }`;

/** In one step each: the directory is moved away and a link put in its place, and back. */
const SWAP = `
ln -s "$2" "$1.link"
echo swaps
while :; do
  mv -T "$1" "$1.real" && mv -T "$1.link" "$1"
  mv -T "$1" "$1.link" && mv -T "$1.real" "$1"
done 2>/dev/null
`;

/** A host that belongs to `dokku`, with an app and its directories, and a directory that belongs to root. */
function hostOf(t: ExecutionContext): { host: Host; outside: string } {
  const host = temporaryHost(t);
  chownSync(host.dokkuRoot, DOKKU, DOKKU);
  for (const path of ['data', 'data/builds', 'data/builds/shop', 'config', 'config/builds', 'config/builds/shop']) {
    mkdirSync(join(host.libRoot, path));
    chownSync(join(host.libRoot, path), DOKKU, DOKKU);
  }
  const outside = join(host.libRoot, '..', 'outside');
  mkdirSync(outside);
  return { host, outside };
}
