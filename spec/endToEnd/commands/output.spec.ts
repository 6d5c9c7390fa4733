import { spawn } from 'node:child_process';
import { chmodSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';

import test from 'ava';

import { createSandbox, type Sandbox, script } from '../../../scripts/sandbox/host';
import { finishedRecord, writeRecords } from '../expectedRecord';

let host: Sandbox;

test.before(async () => {
  host = await createSandbox();
});

test.after.always(() => host.remove());

test('the log of a finished build is printed whole, byte for byte', async (t) => {
  await host.createApp('whole');
  writeRecords(host, finishedRecord('whole', 'done', 1));
  const log = `-----> Building\n${'x'.repeat(300_000)}\n\u001b[32mgreen\u001b[0m no newline at the end`;
  host.write(host.file('whole', 'done.log'), log);
  t.deepEqual(await host.dokku(['builds:output', 'whole', 'done']), { code: 0, signal: null, stdout: log, stderr: '' });
});

test('the output of a live build is what there is, then what comes, and ends when the build ends', async (t) => {
  const gate = host.gate();
  await host.createApp('live', { build: script(gate.announced('compiling'), 'echo compiled') });
  const deploy = await host.startDeploy('live', ['ps:rebuild', 'live'], 'compiling');
  const followers = [['live', deploy.build], ['live', 'current'], ['live']].map((args) =>
    host.start(['dokku', 'builds:output', ...args]),
  );
  await Promise.all(followers.map((follower) => follower.until('compiling\n')));
  gate.open();
  await deploy.finished;
  const outputs = await Promise.all(followers.map((follower) => follower.finished));
  const log = host.read('live', `${deploy.build}.log`);
  t.true(log.endsWith('compiled\n-----> Releasing live\n=====> Application deployed: http://live.example\n'));
  for (const output of outputs) t.deepEqual(output, { code: 0, signal: null, stdout: log, stderr: '' });
});

test('the output of a live build ends when its process dies and nobody records the end', async (t) => {
  const gate = host.gate();
  await host.createApp('killed', { build: script(gate.announced('compiling')) });
  const deploy = await host.startDeploy('killed', ['ps:rebuild', 'killed'], 'compiling');
  const follower = host.start(['dokku', 'builds:output', 'killed']);
  await follower.until('compiling\n');
  process.kill(-deploy.deployPid, 'SIGKILL');
  t.like(await follower.finished, { code: 0, stderr: '' });
});

test('the output of a build ends although a process goes on to write to its log, but only after some of that', async (t) => {
  const gate = host.gate();
  await host.createApp('endless', { build: script(gate.announced('compiling')) });
  const deploy = await host.startDeploy('endless', ['ps:rebuild', 'endless'], 'compiling');
  const files = [`${deploy.build}.log`, 'events.journal'].map((name) => host.file('endless', name));
  const follower = host.start(['dokku', 'builds:output', 'endless', deploy.build]);
  await follower.until('compiling\n');
  const writing = spawn(process.execPath, ['-e', WRITE_FOR_EVER, ...files], { stdio: 'ignore' });
  t.teardown(() => writing.kill());
  await follower.until('again\n');
  gate.open();
  await deploy.finished;
  const { code, stdout } = await follower.finished;
  t.is(code, 0);
  t.regex(stdout, /^behind the end 10$/m);
});

/** Writes to a log, and numbers the lines that it writes when the journal has the end of the build. */
const WRITE_FOR_EVER = `
const { appendFileSync, readFileSync } = require('node:fs');
const [log, journal] = process.argv.slice(1);
let behind = 0;
setInterval(() => {
  if (readFileSync(journal).includes('BuildFinished')) behind += 1;
  appendFileSync(log, behind === 0 ? 'again\\n' : 'behind the end ' + behind + '\\n');
}, 20);`;

test('the output of a quiet build ends when its reader is gone', async (t) => {
  const gate = host.gate();
  await host.createApp('quiet', { build: script(gate.announced('compiling')) });
  const deploy = await host.startDeploy('quiet', ['ps:rebuild', 'quiet'], 'compiling');
  const { stdout } = await host.run(['bash', '-c', 'dokku builds:output quiet | head -n 1']);
  t.is(stdout, '-----> Building quiet\n');
  gate.open();
  t.is((await deploy.finished).code, 0);
});

test('without a log file the system journal is asked for the output, and it fails where that has none', async (t) => {
  await host.createApp('rotated');
  writeRecords(host, finishedRecord('rotated', 'logged', 1), finishedRecord('rotated', 'lost', 2));
  for (const id of ['logged', 'lost']) rmSync(host.file('rotated', `${id}.log`));
  const stubs = join(host.paths.tmp, 'stubs');
  host.write(
    join(stubs, 'journalctl'),
    script('for word in "$@"; do [[ $word != SYSLOG_IDENTIFIER=dokku-logged ]] || echo "from the journal"; done'),
  );
  chmodSync(join(stubs, 'journalctl'), 0o755);
  const env = { PATH: `${stubs}:${host.env['PATH'] ?? ''}` };
  const [found, none] = await Promise.all([
    host.dokku(['builds:output', 'rotated', 'logged'], { env }),
    host.dokku(['builds:output', 'rotated', 'lost'], { env }),
  ]);
  t.like(found, { code: 0, stdout: 'from the journal\n' });
  t.like(none, { code: 1, stdout: '' });
  t.regex(none.stderr, /^ ! {5}.*rotated\/lost/);
});

test('a log that is a link out of the app is not followed', async (t) => {
  await host.createApp('linked');
  writeRecords(host, finishedRecord('linked', 'evil', 1));
  host.write(join(host.paths.libRoot, 'secret'), 'TOP SECRET\n');
  rmSync(host.file('linked', 'evil.log'));
  symlinkSync(join(host.paths.libRoot, 'secret'), host.file('linked', 'evil.log'));
  const { code, stdout, stderr } = await host.dokku(['builds:output', 'linked', 'evil']);
  t.is(code, 1);
  t.notRegex(stdout + stderr, /TOP SECRET/);
});
