import { appendFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';

import test, { type ExecutionContext } from 'ava';

import { createSandbox, type Sandbox } from '../../scripts/sandbox/host';

/*
 * What is damaged lies before the checkpoint, as it does after each trigger: who begins there does not meet it, who
 * reads the whole journal does.
 */

let host: Sandbox;
let warnings: string;

test.before(async () => {
  host = await createSandbox();
  await host.createApp('shop');
  for (const id of ['b0', 'b1', 'b2']) await record('shop', id);
  warnings = damageStart('shop');
});

test.after.always(() => host.remove());

async function record(app: string, id: string): Promise<void> {
  await host.trigger('builds-record-start', [app, id, String(process.pid), 'git-hook']);
  await host.trigger('builds-record-finalize', [app, id, '0']);
}

/**
 * Makes the app, with a build that has ended and the live one `b1`, which the view of running builds is sealed with.
 */
async function withLive(app: string): Promise<void> {
  await host.createApp(app);
  await record(app, 'b0');
  await host.trigger('builds-record-start', [app, 'b1', String(host.process().pid), 'git-hook']);
  await host.dokku(['builds:list']);
}

/** Changes a byte of the app's first event, and gives what is to be said of it. */
function damageStart(app: string): string {
  const bytes = readFileSync(journal(app));
  const end = 12 + bytes.readUInt32LE(4);
  bytes.writeUInt8(bytes.readUInt8(100) ^ 4, 100);
  writeFileSync(journal(app), bytes);
  return [`is damaged from byte 0 to ${end}`, 'lacks event 1']
    .map((what) => ` !     The journal of ${app} ${what}; see builds:verify ${app}\n`)
    .join('');
}

function journal(app: string): string {
  return host.file(app, 'events.journal');
}

async function shows(t: ExecutionContext, args: string, stdout: RegExp): Promise<void> {
  const result = await host.dokku(args.split(' '));
  t.deepEqual([result.code, result.stderr], [0, warnings], args);
  t.regex(result.stdout, stdout, args);
}

test.serial('every reader of the whole journal shows intact events, and reports damage', async (t) => {
  t.true(existsSync(host.file('shop', 'events.checkpoint')));
  await shows(t, 'builds:events shop', /^Time .*\n\S+ +2 +BuildFinished +b0 [^]* 6 +BuildFinished +b2 /);
  await shows(t, 'builds:events', /^App .*\nshop +\S+ +2 +BuildFinished +b0 /);
  await shows(t, 'builds:events shop --build b1', / 3 +BuildStarted +b1 [^]* 4 +BuildFinished +b1 /);
  await shows(t, 'builds:list shop --all', /^Build ID .*\nb2 .*\nb1 .*\n$/);
  await shows(t, 'builds:list shop --as-of 0s', /^b2 .*\nb1 .*\n$/m);
  await shows(t, 'builds:list shop --all --as-of 0s', /^b2 .*\nb1 .*\n$/m);
  await shows(t, 'builds:info shop b1 --as-of 0s', /Build ID: +b1\n/);
  await shows(t, 'builds:report shop --as-of 0s', /succeeded/);
  await shows(t, 'builds:stats shop', /^Builds: +2 /);
  await shows(t, 'builds:stats', /^shop +2 /m);
  await shows(t, 'builds:page shop', /<html/);
});

test('damage changes JSON only by the missing event', async (t) => {
  for (const command of ['events shop', 'list shop --all', 'stats shop']) {
    const { code, stdout, stderr } = await host.dokku([...`builds:${command}`.split(' '), '--format', 'json']);
    t.deepEqual([code, stderr], [0, warnings], command);
    t.notThrows(() => JSON.parse(stdout) as unknown, command);
  }
});

test('a build whose start is damaged is not found in the past, with the reason beside it', async (t) => {
  const { code, stdout, stderr } = await host.dokku(['builds:info', 'shop', 'b0', '--as-of', '0s']);
  t.deepEqual([code, stdout], [1, '']);
  t.true(stderr.startsWith(`${warnings} !     No build record found for shop/b0\n`), stderr);
});

test('a read that begins at the checkpoint does not meet what is damaged before it', async (t) => {
  for (const args of ['builds:list shop', 'builds:info shop b0', 'builds:report shop']) {
    t.like(await host.dokku(args.split(' ')), { code: 0, stderr: '' }, args);
  }
});

test('a question about pruned builds reads the whole journal, and reports its damage', async (t) => {
  await host.createApp('pruned');
  await host.dokku(['builds:set', 'pruned', 'retention', '1']);
  for (const id of ['b0', 'b1', 'b2']) await record('pruned', id);
  const said = damageStart('pruned');
  for (const asked of ['info pruned b1', 'info pruned b0', 'output pruned b1']) {
    const { stderr } = await host.dokku(`builds:${asked}`.split(' '));
    t.true(stderr.startsWith(said), stderr);
    t.is(stderr.split(said).length, 2, 'once');
  }
});

test('without a checkpoint, or with more debris at the end, each thing is said once', async (t) => {
  await host.createApp('twice');
  for (const id of ['b0', 'b1']) await record('twice', id);
  const said = damageStart('twice');
  appendFileSync(journal('twice'), 'debris');
  for (const command of ['events twice', 'list twice --all --as-of 0s', 'info twice b1 --as-of 0s', 'stats twice']) {
    const { stderr } = await host.dokku(`builds:${command}`.split(' '));
    const lines = stderr.split('\n').sort();
    t.is(lines.length, 4, stderr);
    t.deepEqual(lines, [...new Set(lines)], stderr);
    t.true(
      said.split('\n').every((line) => lines.includes(line)),
      stderr,
    );
  }
});

test('damage is reported once while a journal is followed', async (t) => {
  await host.createApp('followed');
  for (const id of ['b0', 'b1']) await record('followed', id);
  damageStart('followed');
  appendFileSync(journal('followed'), 'debris');
  const following = host.startSubcommand('events', ['followed', '--follow', '--format', 'jsonl']);
  await following.until('"seq":4');
  await wait(2500); // two looks
  await record('followed', 'b2');
  await following.until('"seq":6');
  following.signal('SIGTERM');
  const { stderr } = await following.finished;
  t.regex(stderr, /is damaged from byte 0 to \d+;/);
  const lines = stderr.trimEnd().split('\n');
  t.is(lines.length, 3, stderr);
  t.deepEqual(lines, [...new Set(lines)]);
});

test('debris of a write that was cut off is not reported once later events follow it', async (t) => {
  await host.createApp('torn');
  await record('torn', 'b0');
  appendFileSync(journal('torn'), readFileSync(journal('torn')).subarray(0, 50));
  await record('torn', 'b1');
  for (const command of ['events torn', 'list torn --all', 'list torn --as-of 0s', 'stats torn', 'page torn']) {
    t.like(await host.dokku(`builds:${command}`.split(' ')), { code: 0, stderr: '' }, command);
  }
});

test.serial(
  'a live build whose start is damaged is listed with those of the host as with those of its app',
  async (t) => {
    await withLive('live');
    const bytes = readFileSync(journal('live'));
    const start = bytes.lastIndexOf('\xc1db1', undefined, 'latin1'); // of the last event, which is its start
    bytes.writeUInt8(bytes.readUInt8(start + 8) ^ 4, start + 8);
    writeFileSync(journal('live'), bytes);
    const ofHost = await host.dokku(['builds:list']);
    t.is(ofHost.code, 0);
    t.regex(ofHost.stdout, /^live +b1 /m);
    t.regex(ofHost.stderr, /The journal of live is damaged from byte \d+ to \d+; see builds:verify live\n/);
    const ofApp = await host.dokku(['builds:list', 'live']);
    t.regex(ofApp.stdout, /^b1 +build +running /m);
  },
);

test.serial(
  'the list of what runs on the host tells of what is damaged behind the checkpoints of its apps',
  async (t) => {
    await withLive('uncovered');
    const said = damageStart('uncovered');
    rmSync(host.file('uncovered', 'events.checkpoint'));
    const { code, stdout, stderr } = await host.dokku(['builds:list']);
    t.is(code, 0);
    t.regex(stdout, /^uncovered +b1 /m);
    t.true(stderr.includes(said), stderr);
  },
);
