import { existsSync } from 'node:fs';
import { constants } from 'node:os';

import test from 'ava';

import { isGroupAlive } from '../../../host/system/processes';
import { createSandbox, type Sandbox, script } from '../../../scripts/sandbox/host';
import { deadPid, finishedRecord, recordText, runningRecord, writeRecords } from '../expectedRecord';

let host: Sandbox;

test.before(async () => {
  host = await createSandbox();
});

test.after.always(() => host.remove());

test('a build that is over is left as it is, and its process gets no signal', async (t) => {
  await host.createApp('over');
  const living = host.process();
  const record = finishedRecord('over', 'done', 1, { pid: living.pid, status: 'failed', exit_code: 2 });
  writeRecords(host, record);
  host.write(host.lockPath('over'), 'done\n');
  const { code, stdout } = await host.dokku(['builds:cancel', 'over']);
  t.is(code, 0);
  t.is(stdout, '-----> Build done is no longer running (status=failed); leaving record untouched\n');
  t.is(host.read('over', 'done.json'), recordText(record));
  t.true(process.kill(living.pid, 0));
});

test('a build whose process is gone is marked failed, and its lock removed', async (t) => {
  await host.createApp('dead');
  const record = runningRecord('dead', 'gone', 1, deadPid);
  writeRecords(host, record);
  host.write(host.lockPath('dead'), 'gone\n');
  const { code, stdout } = await host.dokku(['builds:cancel', 'dead']);
  t.is(code, 0);
  t.is(stdout.split('\n')[0], '-----> Build was already terminated, marking failed');
  t.is(host.lock('dead'), undefined);
  const finished_at = String(host.record('dead', 'gone')['finished_at']);
  t.is(host.read('dead', 'gone.json'), recordText({ ...record, finished_at, status: 'failed', exit_code: -1 }));
});

test('a live build gets SIGQUIT, with its whole process group, and is canceled', async (t) => {
  await host.createApp('alive');
  // The leader, whose pid is recorded, is a shell and ignores SIGQUIT: it goes on when its child has died of it.
  const gate = host.gate();
  const group = host.start(['bash', '-c', `${gate.announced('started')}; exit $?`]);
  await group.until('started');
  await host.trigger('builds-record-start', ['alive', 'now', String(group.pid), 'ps:restart']);
  host.write(host.lockPath('alive'), 'now\n');
  const started = host.record('alive', 'now');
  const { code, stdout } = await host.dokku(['builds:cancel', 'alive']);
  t.is(code, 0);
  t.regex(stdout, /^-----> Killing app deploy$/m);
  t.is((await group.finished).code, 128 + constants.signals.SIGQUIT);
  const canceled = host.record('alive', 'now');
  const finished_at = String(canceled['finished_at']);
  t.is(
    host.read('alive', 'now.json'),
    recordText({
      ...{ id: 'now', app: 'alive', kind: 'deploy', pid: group.pid, started_at: String(started['started_at']) },
      ...{ finished_at, status: 'canceled', source: 'ps:restart', exit_code: -1 },
    }),
  );
  t.is(host.lock('alive'), undefined);
});

test('a deploy that is canceled stays canceled, however its own end falls in between', async (t) => {
  const gate = host.gate();
  await host.createApp('pushed');
  const files = { build: script(gate.announced('compiling'), 'echo compiled') };
  const deploy = await host.startPush('pushed', files, 'compiling');
  const { code, stdout } = await host.dokku(['builds:cancel', 'pushed']);
  t.is(code, 0);
  t.regex(stdout, /^-----> Killing app deploy$/m);
  const pushed = await deploy.finished; // its EXIT trap has called builds-record-finalize by now
  t.is(pushed.code, 1);
  t.notRegex(pushed.stderr, /compiled/);
  t.like(host.record('pushed', deploy.build), { status: 'canceled', exit_code: -1 });
  const canceled = host.read('pushed', `${deploy.build}.json`);
  t.is((await host.trigger('builds-record-finalize', ['pushed', deploy.build, '131'])).code, 0);
  t.is(host.read('pushed', `${deploy.build}.json`), canceled);
  t.false(existsSync(host.lockPath('pushed')));
  t.like(await host.dokku(['builds:cancel', 'pushed']), { stdout: '-----> App not currently deploying\n' });
  t.is((await host.push('pushed', { build: script('echo again') })).code, 0);
});

test('of two cancels at once one cancels, and the other says so', async (t) => {
  await host.createApp('twice');
  const group = host.process();
  await host.trigger('builds-record-start', ['twice', 'now', String(group.pid), 'git:sync']);
  host.write(host.lockPath('twice'), 'now\n');
  const results = await Promise.all([1, 2, 3].map(() => host.dokku(['builds:cancel', 'twice'])));
  for (const { code, stderr } of results) t.is(code, 0, stderr);
  const said = results.map(({ stdout }) => stdout).join('');
  t.is([...said.matchAll(/^-----> Killing app deploy$/gm)].length, 1, said);
  t.like(host.record('twice', 'now'), { status: 'canceled', exit_code: -1 });
  t.is((await group.finished).signal, 'SIGQUIT');
});

test('a cancel that finds another one at work waits for the whole process group, too', async (t) => {
  await host.createApp('both');
  // The signal ends the leader at once, and a process behind it only when the gate opens.
  const gate = host.gate();
  const lasting = `trap '' QUIT; echo started; exec >/dev/null 2>&1; ${gate.wait}`;
  const group = host.start(['sh', '-c', `(${lasting}) & wait`]);
  await group.until('started');
  await host.trigger('builds-record-start', ['both', 'now', String(group.pid), 'git:sync']);
  host.write(host.lockPath('both'), 'now\n');
  const first = host.startSubcommand('cancel', ['both']);
  await first.until('Killing app deploy');
  t.is((await group.finished).signal, 'SIGQUIT');
  first.signal('SIGSTOP'); // it waits for 5 s, and a busy machine may take longer to start the second one
  const second = host.startSubcommand('cancel', ['both']);
  await second.until(`Build now is being canceled by process ${first.pid}, waiting for its end`);
  gate.open();
  while (isGroupAlive({ pid: group.pid, group: group.pid })) await new Promise((resolve) => setTimeout(resolve, 5));
  first.signal('SIGCONT');
  for (const { code, stderr } of await Promise.all([first.finished, second.finished])) t.is(code, 0, stderr);
  t.like(host.record('both', 'now'), { status: 'canceled', exit_code: -1 });
});
