import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import test, { type ExecutionContext } from 'ava';

import { appBuilds, deployLockPath } from '../../../host/dokku/paths';
import { newestBuild } from '../../../journal/history';
import { loadHistory } from '../../../journal/loadHistory';
import { createApp, temporaryHost } from '../../temporaryHost';
import { filesOf, recordsOf } from '../../projections/records/temporaryApp';
import { auditJournal } from './journalAudit';
import { type CallOptions, command, environmentOf, executable } from './pluginCalls';
import { cannotTrace, interfering } from './tracing';
import { unless } from './unless';

/** A deploy that finalizes as it dies, and a cancel. */
const DEPLOY = `trap '"$2" "$3" b1 131; exit 131' QUIT
"$1" "$3" b1 $$ git-hook || exit 1
echo deploying
read -r forever`;

const rounds = process.env['SOAK'] === '1' ? 200 : 8;

test.serial('an acknowledged cancel stays one, whenever the dying deploy reports its end', async (t) => {
  const outcomes = await Promise.all(Array.from({ length: rounds }, () => cancelDying(t)));
  t.log(`${outcomes.length} deploys canceled, each of which finalized as it died`);
});

unless(cannotTrace)(
  'a cancel is on record before its signal is sent: a deploy that dies of it cannot be first',
  async (t) => {
    const first = { call: 'write', nth: 1 };
    const slowed = (journal: string): CallOptions => ({
      by: interfering(first, 'delay_enter=1000000', '/dev/null', journal),
    });
    await cancelDying(t, slowed);
  },
);

unless(cannotTrace)(
  'a cancel that decides while another one cancels the build does not say that it has killed anything',
  async (t) => {
    const { host, app, builds, deploy, exited } = await begin(t);
    const note = path.join(builds.directory, '.notes', 'b1');
    const slowed = interfering({ call: 'write', nth: 1 }, 'delay_enter=3000000', '/dev/null', note);
    const late = command(host, 'cancel', [app], { by: slowed });
    while (!existsSync(note)) await new Promise((resolve) => setTimeout(resolve, 5));
    const first = await command(host, 'cancel', [app]);
    deploy.stdin.end();
    await exited;
    const { status, stdout, stderr } = await late;
    t.is(status, 0, stderr);
    t.is([...(first.stdout + stdout).matchAll(/^-----> Killing app deploy$/gm)].length, 1, first.stdout + stdout);
    t.is(newestBuild(loadHistory(builds.directory).history)?.status, 'canceled');
    t.deepEqual(filesOf(builds), recordsOf(builds));
  },
);

unless(cannotTrace)('a deploy that ends by itself before a cancel has sent its signal has failed', async (t) => {
  const { host, app, builds, deploy, exited } = await begin(t);
  const note = path.join(builds.directory, '.notes', 'b1');
  const stopped = interfering({ call: 'write', nth: 1 }, 'signal=STOP', '/dev/null', note);
  const canceled = command(host, 'cancel', [app], { by: stopped });
  const noted = () => /"by":(\d+)\}\n/.exec(existsSync(note) ? readFileSync(note, 'utf8') : '')?.[1];
  while (noted() === undefined) await new Promise((resolve) => setTimeout(resolve, 5));
  const canceler = Number(noted());
  deploy.kill('SIGKILL');
  await exited;
  process.kill(canceler, 'SIGCONT');
  const { status, stdout, stderr } = await canceled;
  t.deepEqual({ status, stderr }, { status: 0, stderr: '' });
  t.is(stdout, '-----> Build was already terminated, marking failed\n');
  t.like(newestBuild(loadHistory(builds.directory).history), { status: 'failed' });
  t.deepEqual(filesOf(builds), recordsOf(builds));
});

/** How often a cancel may give up a deploy that takes too long to end, as it does on a busy machine. */
const MOST_TRIES = 10;

async function cancelDying(
  t: ExecutionContext,
  slowed?: (journal: string) => CallOptions,
  tries = MOST_TRIES,
): Promise<void> {
  const { host, app, builds, deploy, exited } = await begin(t);
  const journal = path.join(builds.directory, 'events.journal');
  const canceled = await command(host, 'cancel', [app], slowed?.(journal));
  deploy.stdin.end(); // a signal right before the read would be heard when that returns
  await exited;
  if (tries > 1 && /process group \d+ did not end within 5s of SIGQUIT$/m.test(canceled.stderr)) {
    await cancelDying(t, slowed, tries - 1);
    return;
  }
  t.is(canceled.status, 0, canceled.stderr);
  t.regex(canceled.stdout, /^-----> Killing app deploy\n/);
  t.false(existsSync(deployLockPath(host, app)));
  t.is(newestBuild(loadHistory(builds.directory).history)?.status, 'canceled');
  t.deepEqual(auditJournal(journal).broken, []);
  t.deepEqual(filesOf(builds), recordsOf(builds));
}

/** A deploy that has begun, and ends when it is canceled. */
async function begin(t: ExecutionContext) {
  const host = temporaryHost(t);
  const app = createApp(host, 'myapp');
  const builds = appBuilds(host, app);
  mkdirSync(path.dirname(deployLockPath(host, app)), { recursive: true });
  writeFileSync(deployLockPath(host, app), 'b1\n');
  const triggers = [executable('builds-record-start'), executable('builds-record-finalize')];
  const deploy = spawn('sh', ['-c', DEPLOY, 'sh', ...triggers, app], {
    env: environmentOf(host),
    detached: true,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  t.teardown(() => deploy.kill('SIGKILL'));
  const exited = once(deploy, 'close');
  await once(deploy.stdout, 'data');
  return { host, app, builds, deploy, exited };
}
