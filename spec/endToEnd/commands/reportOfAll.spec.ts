import {
  chownSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

import test, { type ExecutionContext } from 'ava';

import { asRoot } from '../../temporaryHost';
import { createSandbox, expectSuccess, type Sandbox, script, type User } from '../../../scripts/sandbox/host';
import type { Running } from '../../../scripts/sandbox/running';
import { deadPid, finishedRecord, runningRecord, writeRecords } from '../expectedRecord';

/*
 * A report of all apps stores what it has read, for the next one: which must say what it would say without.
 */

const BUILD = { build: script('echo built') };

interface Reporting {
  readonly host: Sandbox;
  /** Where reports are stored. */
  readonly stored: string;
  /** Runs builds:report a minute from now, when nothing has changed just now. */
  readonly report: (...args: string[]) => Promise<{ code: number | null; stdout: string; stderr: string }>;
}

async function reportingHost(t: ExecutionContext, options: { user?: User } = {}): Promise<Reporting> {
  const host = await createSandbox(options);
  t.teardown(() => host.remove());
  for (const app of ['bare', 'blog', 'docs', 'shop']) await host.createApp(app, BUILD);
  for (const app of ['blog', 'shop']) expectSuccess(await host.dokku(['ps:rebuild', app]));
  const env = inMinutes(host, 1);
  return {
    host,
    stored: join(host.paths.builds, '.reports'),
    report: (...args) => host.dokku(['builds:report', ...args], { env }),
  };
}

/** The environment of a call whose clock is so many minutes ahead. */
function inMinutes(host: Sandbox, minutes: number): { NODE_OPTIONS: string } {
  const clock = join(host.paths.tmp, `clock${minutes}.cjs`);
  host.write(clock, `const { now } = Date; Date.now = () => now() + ${minutes * 60_000};`);
  return { NODE_OPTIONS: `--require ${clock}` };
}

/** Compares a report with one that has nothing stored to go by; something is stored when this returns. */
async function sameWithout(t: ExecutionContext, { report, stored }: Reporting, what: string): Promise<void> {
  const first = await report(); // which may adopt something, and warn of what no other will be warned of
  const second = await report();
  t.deepEqual([first.code, first.stdout], [0, second.stdout], what);
  rmSync(stored, { recursive: true, force: true });
  t.deepEqual(await report(), second, what);
  t.true(statSync(stored).isFile(), what);
}

test('whatever happens to apps and their files, a report with what is stored says what one without says', async (t) => {
  const reporting = await reportingHost(t);
  const { host } = reporting;
  const [live, dying] = [host.process(), host.process()];
  const journal = host.file('shop', 'events.journal');
  await sameWithout(t, reporting, 'at first');
  const changes: [string, () => unknown][] = [
    ['nothing', () => undefined],
    ['a deploy', () => host.dokku(['ps:rebuild', 'shop'])],
    ['a first deploy', () => host.dokku(['ps:rebuild', 'docs'])],
    ['another retention', () => host.dokku(['builds:set', 'blog', 'retention', '3'])],
    ['another retention of all', () => host.dokku(['builds:set', '--global', 'retention', '4'])],
    ['a record from elsewhere', () => writeRecords(host, finishedRecord('blog', 'theirs', 5))],
    ['a running record from elsewhere', () => writeRecords(host, runningRecord('bare', 'runs', 6, live.pid))],
    ['its end, in place', () => writeRecords(host, finishedRecord('bare', 'runs', 6))],
    ['one that dies', () => writeRecords(host, runningRecord('bare', 'dies', 7, dying.pid))],
    ['its death', () => end(dying)],
    ['a prune', () => host.dokku(['builds:prune', '--all-apps'])],
    ['a record that cannot be read', () => host.write(host.file('docs', 'torn.json'), '{')],
    ['a record that is gone', () => rmSync(host.file('docs', 'torn.json'))],
    ['another name', () => host.dokku(['apps:rename', 'docs', 'pages'])],
    ['an app less', () => host.dokku(['--force', 'apps:destroy', 'pages'])],
    ['an app of its name', () => host.createApp('pages', BUILD)],
    ['a journal that lacks its end', () => truncateSync(journal, statSync(journal).size - 10)],
    ['a journal that is another file', () => replaceByCopy(journal)],
    ['a journal that is gone', () => rmSync(journal)],
    ['a directory that is a link', () => linkInstead(host, 'blog')],
  ];
  for (const [what, change] of changes) {
    await change();
    await sameWithout(t, reporting, what);
  }
});

async function end(running: Running): Promise<void> {
  running.signal('SIGKILL');
  await running.finished;
}

function replaceByCopy(path: string): void {
  writeFileSync(`${path}.copy`, readFileSync(path), { mode: 0o600 });
  renameSync(`${path}.copy`, path);
}

function linkInstead(host: Sandbox, app: string): void {
  const directory = join(host.paths.builds, app);
  renameSync(directory, join(host.paths.tmp, app));
  symlinkSync(join(host.paths.tmp, app), directory);
}

/** What is stored, with something else for each newest build. */
function withNewest(stored: Buffer, newest: object): unknown[] {
  const [version, entries] = JSON.parse(String(stored.subarray(0, stored.length / 2))) as [number, unknown[][]];
  return [version, entries.map(([app, sight]) => [app, sight, newest])];
}

test('what is stored in its place that is something else is passed over, and replaced', async (t) => {
  const reporting = await reportingHost(t);
  const { report, stored } = reporting;
  const { stdout } = await report();
  const whole = readFileSync(stored);
  const elsewhere = join(reporting.host.paths.tmp, 'elsewhere');
  writeFileSync(elsewhere, 'not to be touched');
  const twice = (text: string): string => text + text;
  const noBuilds = JSON.stringify(withNewest(whole, {}));
  const leftover = join(reporting.host.paths.builds, `..reports.${deadPid}-1.tmp`);
  writeFileSync(leftover, 'half a report');
  for (const content of [
    twice(noBuilds),
    '',
    '5',
    twice('5'),
    twice('[1]'),
    twice('[1,5]'),
    twice('[1,[null]]'),
    twice('[9,[]]'),
    whole.subarray(1),
  ]) {
    writeFileSync(stored, content);
    t.is((await report()).stdout, stdout, String(content));
    t.deepEqual(readFileSync(stored), whole, String(content));
  }
  t.throws(() => statSync(leftover), { code: 'ENOENT' });
  rmSync(stored);
  symlinkSync(elsewhere, stored);
  t.is((await report()).stdout, stdout);
  t.deepEqual(readFileSync(stored), whole);
  t.is(readFileSync(elsewhere, 'utf8'), 'not to be touched');
  rmSync(stored);
  mkdirSync(stored);
  const { code, stderr, ...rest } = await report();
  t.deepEqual({ code, stderr, stdout: rest.stdout }, { code: 0, stderr: '', stdout });
});

test('what is stored is used, and verify and replay look at it', async (t) => {
  const { host, report, stored } = await reportingHost(t);
  const { stdout } = await report();
  t.is(statSync(stored).mode & 0o777, 0o600);
  const forged = readFileSync(stored, 'utf8').replaceAll('"source":"ps:rebuild"', '"source":"git:forged"');
  writeFileSync(stored, forged);
  t.regex((await report()).stdout, /git:forged/);
  t.notRegex((await report('shop')).stdout, /git:forged/);
  const verified = await host.dokku(['builds:verify', 'shop']);
  t.is(verified.code, 1);
  t.regex(verified.stderr, /shop: what is stored for builds:report does not say what the journal says/);
  expectSuccess(await host.dokku(['builds:replay', '--dry-run']));
  t.is(readFileSync(stored, 'utf8'), forged);
  expectSuccess(await host.dokku(['builds:replay', 'shop']));
  t.is((await report()).stdout, stdout);
  t.is((await host.dokku(['builds:verify', 'shop'])).code, 0);
});

test('what has changed just now is not stored', async (t) => {
  const { host, report, stored } = await reportingHost(t);
  expectSuccess(await host.dokku(['builds:report'], { env: inMinutes(host, -1) })); // however long the deploys took
  t.throws(() => statSync(stored), { code: 'ENOENT' });
  await report();
  t.regex(readFileSync(stored, 'utf8'), /"shop"/);
});

asRoot('what a report has adopted for itself alone, since it may not write, is not stored', async (t) => {
  const user = { uid: 65534, gid: 65534 };
  const { host, report, stored } = await reportingHost(t, { user });
  writeRecords(host, finishedRecord('bare', 'theirs', 5));
  chownSync(host.file('bare', ''), 0, 0);
  t.regex((await report()).stdout, /Build id: +theirs\n/);
  t.notRegex(readFileSync(stored, 'utf8'), /"bare"/);
  writeRecords(host, finishedRecord('bare', 'theirs', 5, { status: 'failed', exit_code: 7 })); // in place
  t.regex((await report()).stdout, /Build exit code: +7\n/);
});
