import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import test from 'ava';

import { createSandbox, type Sandbox } from '../../../scripts/sandbox/host';
import { deadPid, finishedRecord, runningRecord, writeRecords } from '../expectedRecord';

/*
 * transcripts/ has one session for each command: what is typed behind `$ `, and below it all that is printed. The host
 * has the same builds in each, of 30 April 2026. UPDATE_TRANSCRIPTS=1 writes what is printed into the files.
 */

const TRANSCRIPTS = join(__dirname, 'transcripts');

for (const file of readdirSync(TRANSCRIPTS).sort()) {
  test(`builds:${file.replace('.txt', '')} prints what transcripts/${file} shows`, async (t) => {
    const path = join(TRANSCRIPTS, file);
    const shown = readFileSync(path, 'utf8');
    const { host, live } = await hostOfTranscripts();
    t.teardown(() => host.remove());
    let printed = '';
    for (const [all, comment, command] of shown.matchAll(/^(\n?# .*)\n|^\$ (.*)\n/gm)) {
      printed += comment === undefined ? `${all}${await type(host, live, command ?? '')}` : all;
    }
    if (process.env['UPDATE_TRANSCRIPTS'] === '1') writeFileSync(path, printed);
    t.is(printed, readFileSync(path, 'utf8'));
  });
}

/** Types `command`; gives what it prints, and its exit status if that is not 0. */
async function type(host: Sandbox, live: number, command: string): Promise<string> {
  const onTerminal = `terminal() { TERM=xterm NO_COLOR=1 script -qec "stty cols 80 -opost; $*" /dev/null; }`;
  const { code, stdout } = await host.run(['bash', '-c', `exec 2>&1; ${onTerminal}\n${command}`], {
    env: { LIVE: String(live) },
  });
  const text = stdout
    .replaceAll(host.paths.libRoot, '/var/lib/dokku')
    .replace(new RegExp(`\\b${live}\\b`, 'g'), 'LIVE')
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g, '<time>') // the records have other fractions of a second
    .replace(/("until":")[^"]*/g, '$1<time>')
    .replace(/adopted \d{4}-\d\d-\d\dT[\d:]+Z/g, 'adopted <time>')
    .replace(/\b[0-9a-f]{64}\b/g, '<head>')
    .replace(/\b[0-9A-HJKMNP-TV-Z]{26}\b/g, '<event-id>')
    .replace(/\b\d{4,}h\d+m\d+s/g, '<time since>') // of a build that runs
    .replace(/\b\d+[dwy] ago\b/g, '<age> ago')
    .replace(/\b[\d.]+ a (day|week)/g, '<rate> a $1')
    .replace(/(_per_day":|since_success":|_seconds":)(?:\d{7,}|0\.\d+)/g, '$1<number>');
  const ended = text === '' || text.endsWith('\n') ? text : `${text}\n`;
  return code === 0 ? ended : `${ended}[exit status ${code ?? 'none'}]\n`;
}

/** A host with the apps shop, blog, live and idle; `live` is the process of a build that runs. */
async function hostOfTranscripts(): Promise<{ host: Sandbox; live: number }> {
  const host = await createSandbox();
  for (const app of ['shop', 'blog', 'live', 'idle']) await host.createApp(app);
  const live = host.process().pid;
  writeRecords(
    host,
    finishedRecord('shop', 's1', 1),
    finishedRecord('shop', 's2', 2, { status: 'failed', exit_code: 7 }),
    finishedRecord('shop', 's3', 3, { kind: 'deploy', source: 'ps:restart' }),
    finishedRecord('shop', 's4', 4, { status: 'canceled', exit_code: -1, source: 'git:sync' }),
    finishedRecord('shop', 's5', 5, {
      started_at: '2026-04-30T13:05:00.000000001Z',
      finished_at: '2026-04-30T14:07:03.4999Z',
    }),
    finishedRecord('blog', 'b1', 7),
    runningRecord('live', 'running', 1, live),
    runningRecord('live', 'dead', 6, deadPid),
  );
  host.write(host.file('shop', 's2.log'), 'compiling\nshop.c:14: error: expected a semicolon\n');
  await host.trigger('install', []);
  return { host, live };
}
