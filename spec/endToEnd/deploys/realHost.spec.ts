import { existsSync, readdirSync } from 'node:fs';

import test, { type ExecutionContext } from 'ava';

import { type AppFiles, createSandbox, type Result, type Sandbox, script } from '../../../scripts/sandbox/host';
import { concluded, eventsOf, newestBuild } from './concluded';

/*
 * Each row of the table in docs/events.md: which triggers a real Dokku host calls for that kind of deploy. Real
 * processes do so here. For most kinds, no trigger reports the end.
 */

let host: Sandbox;

test.before(async () => {
  host = await createSandbox();
});

test.after.always(() => host.remove());

const GOOD: AppFiles = { build: script('echo built') };
const BROKEN_BUILD: AppFiles = { build: script('echo "shop.c:14: error" >&2', 'exit 2') };
const BROKEN_RELEASE: AppFiles = { build: script('echo built'), postdeploy: script('exit 7') };

/** How the newest build of an app is to end. */
interface Ending {
  readonly status: string | undefined;
  readonly exit_code?: number;
  /** Of the event that ended it; `discarded` for a build that left no record. */
  readonly cause: 'exit' | 'deployed' | 'abandoned' | 'discarded';
}

async function expectEnding(t: ExecutionContext, app: string, ending: Ending): Promise<string> {
  const build = await newestBuild(host, app);
  t.is(await concluded(host, app, build), ending.status);
  const events = (await eventsOf(host, app)).filter((event) => event['build'] === build || event.type === 'Pruned');
  const last = events.at(-1);
  t.is(last?.['cause'] ?? last?.['reason'], ending.cause);
  t.is(last?.['exit_code'], ending.exit_code);
  return build;
}

async function deployed(app: string, files: AppFiles = GOOD): Promise<void> {
  await host.createApp(app);
  await host.push(app, files);
}

test('a push that succeeds reports 0, and knows its revision and its person', async (t) => {
  await deployed('good');
  await expectEnding(t, 'good', { status: 'succeeded', exit_code: 0, cause: 'exit' });
  const [started] = await eventsOf(host, 'good');
  t.regex(String(started?.['revision']), /^[0-9a-f]{40}$/);
  t.deepEqual(started?.['actor'], { user: 'dokku', key: 'admin', command: 'git-receive-pack' });
});

test('a push whose image build fails is concluded as failed, though the lock stays and nobody reports', async (t) => {
  await deployed('broken', BROKEN_BUILD);
  const build = await expectEnding(t, 'broken', { status: 'failed', exit_code: -1, cause: 'abandoned' });
  t.is(host.lock('broken'), `${build}\n`);
  const end = (await eventsOf(host, 'broken')).at(-1);
  t.true(Date.parse(String(end?.['finished_at'])) <= Date.now());
  const info = await host.dokku(['builds:info', 'broken', 'last']);
  t.regex(info.stdout, /Ended: +ended without reporting\n/);
  t.regex(info.stdout, /Revision: +[0-9a-f]{40}\n/);
});

test('a release that fails is reported with its code', async (t) => {
  await deployed('phase', BROKEN_RELEASE);
  await expectEnding(t, 'phase', { status: 'failed', exit_code: 7, cause: 'exit' });
});

test('a restart is concluded as succeeded, because Dokku announced the deployment', async (t) => {
  await deployed('restarted');
  await host.dokku(['ps:restart', 'restarted']);
  await expectEnding(t, 'restarted', { status: 'succeeded', exit_code: 0, cause: 'deployed' });
  const info = await host.dokku(['builds:info', 'restarted', 'last']);
  t.regex(info.stdout, /Ended: +ended without reporting; Dokku had announced the deployment\n/);
  t.regex(info.stdout, /Started By: +.*ps:restart/);
});

test('a restart of an app that was never deployed is concluded as failed', async (t) => {
  await host.createApp('never');
  const result = await host.dokku(['ps:restart', 'never']);
  t.is(result.code, 0);
  await expectEnding(t, 'never', { status: 'failed', exit_code: -1, cause: 'abandoned' });
});

test('a sync without changes is discarded, and one with changes is a build with a revision', async (t) => {
  await host.createApp('synced');
  const repository = await host.createRepository(GOOD);
  const sync = (): Promise<Result> => host.dokku(['git:sync', '--build-if-changes', 'synced', repository]);
  t.is((await sync()).code, 0);
  const first = await expectEnding(t, 'synced', { status: 'succeeded', exit_code: 0, cause: 'exit' });
  const info = await host.dokku(['builds:info', 'synced', first]);
  t.regex(info.stdout, /Revision: +[0-9a-f]{40}\n/);

  t.regex((await sync()).stdout, /no changes were detected/);
  const second = await expectEnding(t, 'synced', { status: undefined, cause: 'discarded' });
  t.false(existsSync(host.file('synced', `${second}.log`)));
});

test('a sync whose fetch is refused is concluded as failed', async (t) => {
  await host.createApp('refused');
  const result = await host.dokku(['git:sync', '--build', 'refused', `${host.paths.tmp}/no-such-repository`]);
  t.not(result.code, 0);
  await expectEnding(t, 'refused', { status: 'failed', exit_code: -1, cause: 'abandoned' });
});

test('an image that is deployed already is concluded as failed', async (t) => {
  await host.createApp('image');
  host.write(`${host.paths.images}/image/build`, script('echo built'));
  t.is((await host.dokku(['git:from-image', 'image', 'image'])).code, 0);
  await expectEnding(t, 'image', { status: 'succeeded', exit_code: 0, cause: 'exit' });
  t.is((await host.dokku(['git:from-image', 'image', 'image'])).code, 1);
  await expectEnding(t, 'image', { status: 'failed', exit_code: -1, cause: 'abandoned' });
});

test('an app of the scheduler null: a push reports 0, a restart can only be concluded as failed', async (t) => {
  const env = { SANDBOX_SCHEDULER: 'null' };
  await host.createApp('null');
  await host.push('null', GOOD, { env });
  await expectEnding(t, 'null', { status: 'succeeded', exit_code: 0, cause: 'exit' });
  await host.dokku(['ps:restart', 'null'], { env });
  await expectEnding(t, 'null', { status: 'failed', exit_code: -1, cause: 'abandoned' });
});

test('a push while another deploy holds the lock fails, and leaves the lock to the other', async (t) => {
  await host.createApp('locked');
  const gate = host.gate();
  const first = await host.startPush('locked', { build: script(gate.announced('building')) }, 'building');
  const second = await host.push('locked', GOOD);
  t.not(second.code, 0);
  const build = await newestBuild(host, 'locked');
  t.not(build, first.build);
  t.is(await concluded(host, 'locked', build), 'failed');
  t.is(host.lock('locked'), `${first.build}\n`);
  gate.open();
  t.is((await first.finished).code, 0);
  t.is(await concluded(host, 'locked', first.build), 'succeeded');
});

test('a deploy that is killed with SIGKILL is concluded; while a child of it goes on, it is not', async (t) => {
  await host.createApp('killed');
  const gate = host.gate();
  const deploy = await host.startPush('killed', { build: script(gate.announced('building')) }, 'building');
  process.kill(deploy.deployPid, 'SIGKILL'); // not its group: the build goes on
  const { stdout } = await host.dokku(['builds:prune', 'killed']);
  t.regex(stdout, /0 found dead/);
  t.is(host.record('killed', deploy.build)['status'], 'running');
  gate.open();
  t.is(await concluded(host, 'killed', deploy.build), 'failed');
});

test('ps:scale starts nothing, and apps:lock holds up no push', async (t) => {
  await host.createApp('scaled');
  await host.dokku(['ps:scale', 'scaled', 'web=2']);
  t.deepEqual(await eventsOf(host, 'scaled'), []);
  await host.dokku(['apps:lock', 'scaled']);
  t.is((await host.push('scaled', GOOD)).code, 0);
  t.is(host.lock('scaled'), undefined);
});

test('ps:start is recorded as a deploy', async (t) => {
  await deployed('started');
  await host.dokku(['ps:start', 'started']);
  const build = await newestBuild(host, 'started');
  t.is(await concluded(host, 'started', build), 'succeeded');
  t.is(host.record('started', build)['source'], 'deploy');
});

test('builds:prune --all-apps removes and names what ps:restart --all and apps that do not exist leave', async (t) => {
  const other = await createSandbox();
  t.teardown(() => other.remove());
  await other.createApp('shop');
  await other.push('shop', GOOD);
  await other.dokku(['ps:restart', '--all']);
  await other.dokku(['ps:restart', 'nosuchapp']);
  t.deepEqual(leftIn(other), ['--all', 'nosuchapp', 'shop']);
  const { stdout } = await other.dokku(['builds:prune', '--all-apps']);
  t.regex(stdout, /Removed .*\/--all: there is no such app\n/);
  t.regex(stdout, /Removed .*\/nosuchapp: there is no such app\n/);
  t.deepEqual(leftIn(other), ['shop']);
});

function leftIn(sandbox: Sandbox): string[] {
  return readdirSync(sandbox.paths.builds).filter((name) => !name.startsWith('.'));
}

test('a deploy that goes on while its app is renamed ends under the new name', async (t) => {
  await host.createApp('before');
  const gate = host.gate();
  const deploy = await host.startPush('before', { build: script(gate.announced('building')) }, 'building');
  t.is((await host.dokku(['apps:rename', 'before', 'after'])).code, 0);
  gate.open();
  await deploy.finished.catch(() => undefined);
  t.not(await concluded(host, 'after', deploy.build), 'running');
  t.false(existsSync(host.file('before', 'events.journal')));
  t.deepEqual(
    (await eventsOf(host, 'after')).map(({ type }) => type),
    ['BuildStarted', 'BuildFinished'],
  );
  await untilForgotten(host);
});

/** Resolves when no note about a renamed app is left: what runs behind a deploy removes it, last of all. */
async function untilForgotten({ paths }: Sandbox): Promise<void> {
  while (readdirSync(`${paths.builds}/.renamed`).length > 0) await new Promise((resolve) => setTimeout(resolve, 50));
}

test('nothing of an app that is destroyed during a deploy comes back', async (t) => {
  await host.createApp('doomed');
  const gate = host.gate();
  const deploy = await host.startPush('doomed', { build: script(gate.announced('building')) }, 'building');
  t.is((await host.dokku(['apps:destroy', 'doomed', '--force'])).code, 0);
  gate.open();
  await deploy.finished.catch(() => undefined);
  await host.dokku(['builds:prune', '--all-apps']);
  t.false(existsSync(host.file('doomed', '')));
});

test('a report that comes after the conclusion corrects it, once', async (t) => {
  await host.createApp('corrected');
  const deploy = host.process();
  await host.trigger('builds-record-start', ['corrected', 'b1', String(deploy.pid), 'git-hook']);
  deploy.signal('SIGKILL');
  await deploy.finished.catch(() => undefined);
  t.is(await concluded(host, 'corrected', 'b1'), 'failed');
  await host.trigger('builds-record-finalize', ['corrected', 'b1', '0']);
  await host.trigger('builds-record-finalize', ['corrected', 'b1', '9']);
  t.is(host.record('corrected', 'b1')['status'], 'succeeded');
  t.deepEqual(
    (await eventsOf(host, 'corrected')).map(({ cause }) => cause),
    [undefined, 'abandoned', 'exit'],
  );
  t.is((await host.dokku(['builds:verify', 'corrected'])).code, 0);
});
