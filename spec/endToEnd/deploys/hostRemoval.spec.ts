import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';

import test from 'ava';

import { createSandbox } from '../../../scripts/sandbox/host';
import { removeDirectory } from '../../../scripts/sandbox/removal';
import { temporaryDirectory } from '../../temporaryHost';

/* How the host of a spec is removed, although processes behind its deploys may still write to it. */

test('a directory is removed although somebody goes on to make files in it', async (t) => {
  const root = temporaryDirectory(t);
  const directories = Array.from({ length: 100 }, (_, n) => join(root, String(n)));
  for (const directory of directories) {
    mkdirSync(directory);
    for (let n = 0; n < 40; n++) writeFileSync(join(directory, String(n)), '');
  }
  const writer = new Worker(WRITER, { eval: true, workerData: directories });
  t.teardown(() => writer.terminate());
  await new Promise((resolve) => writer.once('message', resolve));
  for (const directory of directories) removeDirectory(directory);
  t.deepEqual(
    directories.filter((directory) => existsSync(directory)),
    [],
  );
});

const WRITER = `
const fs = require('node:fs');
const { parentPort, workerData } = require('node:worker_threads');
parentPort.postMessage('it begins');
for (let n = 0; ; n++) {
  for (const directory of workerData) {
    try { fs.writeFileSync(directory + '/new-' + n, ''); } catch {}
  }
}`;

test('a process that a command has left behind, in a session of its own, ends with its host', async (t) => {
  const host = await createSandbox({ tracking: 'stock' });
  const file = join(host.paths.tmp, 'left'); // tail prints it after it has become tail, and goes on
  host.write(file, 'left\n');
  const command = host.start(['bash', '-c', `setsid tail -f '${file}' &`]);
  await command.until('left');
  await host.remove();
  t.is((await command.finished).stdout, 'left\n'); // nobody holds its output open any more
  t.false(existsSync(host.paths.root));
});
