import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import test, { type ExecutionContext } from 'ava';

import {
  type AppFiles,
  createSandbox,
  expectSuccess,
  type Result,
  type Sandbox,
  script,
} from '../../scripts/sandbox/host';
import { type ExpectedRecord, keysOf, recordText, toWholeSeconds } from './expectedRecord';

let host: Sandbox;

test.before(async () => {
  host = await createSandbox();
  // Runs behind the plugin, in name order: keeps what the record said after each trigger, and the trigger's arguments.
  const snapshot = script(
    'kept="$SANDBOX/tmp/snapshots/$2"',
    'mkdir -p "$kept"',
    'shopt -s nullglob',
    'entries=("$kept"/*.json)',
    'name="$(printf %02d "${#entries[@]}")-${0##*/}"',
    'printf "%s\\n" "$@" >"$kept/$name.arguments"',
    'cp "$DOKKU_LIB_ROOT/data/builds/$1/$2.json" "$kept/$name.json"',
  );
  host.addPlugin('zz-snapshots', { 'builds-record-start': snapshot, 'builds-record-finalize': snapshot });
});

test.after.always(() => host.remove());

/** A way to deploy, by the source it is recorded with. */
interface Way {
  readonly kind: 'build' | 'deploy';
  /** What the output begins with. */
  readonly says?: (app: string) => string;
  deploy(app: string, files: AppFiles): Promise<Result>;
}

const byCommand = (kind: Way['kind'], ...command: string[]): Way => ({
  kind,
  async deploy(app, files) {
    await host.commit(app, files);
    return host.dokku(command.map((word) => (word === 'APP' ? app : word)));
  },
});

const ways: Readonly<Record<string, Way>> = {
  'git-hook': { kind: 'build', deploy: (app, files) => host.push(app, files) },
  'ps:rebuild': byCommand('build', 'ps:rebuild', 'APP'),
  'git:sync': {
    kind: 'build',
    says: () => '-----> Fetching main from ',
    deploy: async (app, files) => host.dokku(['git:sync', '--build', app, await host.createRepository(files)]),
  },
  'git:from-archive': {
    kind: 'build',
    says: () => '-----> Unpacking a tar archive\n',
    deploy: async (app, files) => host.dokku(['git:from-archive', app, await archive(files, 'tar')]),
  },
  'git:from-image': {
    kind: 'build',
    async deploy(app, files) {
      for (const [name, text] of Object.entries(files)) host.write(join(host.paths.images, app, name), text);
      await host.run(['chmod', '-R', '+x', join(host.paths.images, app)]);
      return host.dokku(['git:from-image', app, app]);
    },
  },
  'git:load-image': {
    kind: 'build',
    async deploy(app, files) {
      return host.dokku(['git:load-image', app, app], { input: readFileSync(await archive(files, 'tar')) });
    },
  },
  deploy: byCommand('deploy', 'deploy', 'APP'),
  'config-redeploy': byCommand('deploy', 'config:set', 'APP', 'COLOR=red'),
};

for (const [source, way] of Object.entries(ways)) {
  test(`a deploy from ${source} that succeeds is recorded, captured and told`, (t) => follow(t, source, way, 0));
  test(`a deploy from ${source} that fails is recorded, captured and told`, (t) => follow(t, source, way, 3));
}

test('a source that nobody knows is recorded as unknown, of kind deploy, with a warning', async (t) => {
  await host.createApp('mystery', programs(0));
  const result = await host.run([join(host.paths.root, 'libexec', 'deploy'), 'mystery', 'ps:scale']);
  t.regex(result.stderr, /^ ! {5}.*ps:scale/m);
  checkRecords(t, 'mystery', { kind: 'deploy', source: 'unknown', status: 'succeeded', exit_code: 0 }, 2);
});

for (const type of ['tar', 'tar.gz', 'zip']) {
  test(`an archive of type ${type} is deployed from a file and from stdin`, async (t) => {
    const app = `archive-${type}`;
    await host.createApp(app);
    const path = await archive(programs(0), type);
    expectSuccess(await host.dokku(['git:from-archive', app, path]));
    const input = readFileSync(path);
    expectSuccess(await host.dokku(['git:from-archive', '--archive-type', type, app, '--'], { input }));
    const { stdout } = await host.dokku(['builds:list', app, '--status', 'succeeded', '--format', 'json']);
    t.deepEqual(
      (JSON.parse(stdout) as { source: string }[]).map(({ source }) => source),
      ['git:from-archive', 'git:from-archive'],
    );
  });
}

const STATUS = { 0: 'succeeded', 3: 'failed' } as const;

async function follow(t: ExecutionContext, source: string, way: Way, exitCode: 0 | 3): Promise<void> {
  const app = `${source.replace(':', '-')}-${STATUS[exitCode]}`;
  await host.createApp(app);
  const result = await way.deploy(app, programs(exitCode));
  t.is(result.code, source === 'git-hook' ? Number(exitCode !== 0) : exitCode, result.stderr);

  const outcome = { kind: way.kind, source, status: STATUS[exitCode], exit_code: exitCode };
  const record = checkRecords(t, app, outcome, source === 'git-hook' ? 3 : 2);
  await checkLog(t, way, record);
  await checkCommands(t, record);
  t.is(host.lock(app), undefined);
}

/** The record after the start, and after each of `finalizes` calls for the end; gives the one that stays. */
function checkRecords(
  t: ExecutionContext,
  app: string,
  outcome: Pick<ExpectedRecord, 'kind' | 'source' | 'status' | 'exit_code'>,
  finalizes: number,
): ExpectedRecord {
  const [id = ''] = readdirSync(join(host.paths.builds, app))
    .filter((name) => name.endsWith('.json'))
    .map((name) => name.slice(0, -'.json'.length));
  t.regex(id, /^[0-9a-z]{14}$/);
  const kept = join(host.paths.tmp, 'snapshots', id);
  const snapshot = (name: string) => readFileSync(join(kept, name), 'utf8');
  const [recordedApp, recordedId, pid] = snapshot('00-builds-record-start.arguments').split('\n');
  t.deepEqual([recordedApp, recordedId], [app, id]);

  const started = snapshot('00-builds-record-start.json');
  const { started_at } = JSON.parse(started) as ExpectedRecord;
  const begun = { id, app, kind: outcome.kind, pid: Number(pid), started_at, source: outcome.source };
  t.is(started, recordText({ ...begun, status: 'running' }));
  t.regex(started_at, TIMESTAMP);

  const finished = host.read(app, `${id}.json`);
  const { finished_at = '' } = JSON.parse(finished) as ExpectedRecord;
  const record = { ...begun, finished_at, ...outcome };
  t.is(finished, recordText(record));
  t.regex(finished_at, TIMESTAMP);
  t.true(Date.parse(started_at) <= Date.parse(finished_at));
  t.true(Math.abs(Date.now() - Date.parse(finished_at)) < 10 * 60_000);
  for (let call = 1; call <= finalizes; call++) t.is(snapshot(`0${call}-builds-record-finalize.json`), finished);
  t.is(readdirSync(kept).length, 2 * (finalizes + 1));
  return record;
}

const TIMESTAMP = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z$/;

async function checkLog(t: ExecutionContext, way: Way, { app, id, kind, source, exit_code }: ExpectedRecord) {
  const log = host.read(app, `${id}.log`);
  t.true(log.startsWith(way.says?.(app) ?? ''), log);
  const built = kind === 'build' ? `-----> Building ${app}\nbuilt for ${source}\n` : '';
  const released = `-----> Releasing ${app}\nstarted with ${id}\n`;
  const deployed = exit_code === 0 ? `=====> Application deployed: http://${app}.example\n` : '';
  t.true(log.endsWith(`${built}${released}${deployed}`), log);
  const output = await host.dokku(['builds:output', app, id]);
  t.deepEqual(output, { code: 0, signal: null, stdout: log, stderr: '' });
}

async function checkCommands(t: ExecutionContext, record: ExpectedRecord) {
  const { app, id, kind, pid, source, status, exit_code } = record;
  const [list, info, report] = await Promise.all([
    host.dokku(['builds:list', app, '--format', 'json']),
    host.dokku(['builds:info', app, id]),
    host.dokku(['builds:report', app, '--format', 'json']),
  ]);
  const [listed] = JSON.parse(list.stdout) as [Record<string, unknown>];
  t.deepEqual(Object.keys(listed), [
    ...keysOf(record),
    'display_status',
    'duration',
    'log_path',
    'duration_seconds',
    'revision',
    'actor',
  ]);
  t.like(listed, { ...record, display_status: status, log_path: host.file(app, `${id}.log`) });
  t.regex(info.stdout, new RegExp(`^ {7}Status: +${status}$`, 'm'));
  t.regex(info.stdout, new RegExp(`^ {7}Source: +${source}$`, 'm'));
  t.regex(info.stdout, new RegExp(`^ {7}Exit Code: +${exit_code}$`, 'm'));
  t.like(JSON.parse(report.stdout) as object, {
    'build-id': id,
    'build-kind': kind,
    'build-pid': String(pid),
    'build-source': source,
    'build-status': status,
    'build-exit-code': String(exit_code),
    'build-started-at': toWholeSeconds(Date.parse(record.started_at)),
    'build-finished-at': toWholeSeconds(Date.parse(record.finished_at ?? '')),
  });
}

/** An app whose every deploy ends in `start`, so that it decides how sources of both kinds end. */
function programs(exitCode: number): AppFiles {
  return {
    build: script('echo "built for $DOKKU_BUILD_SOURCE"'),
    start: script('echo "started with $DOKKU_BUILD_ID"', `exit ${exitCode}`),
  };
}

async function archive(files: AppFiles, type: string): Promise<string> {
  const repository = await host.createRepository(files);
  const path = `${repository}.${type}`;
  expectSuccess(await host.run(['git', `--git-dir=${repository}`, 'archive', '-o', path, 'main']));
  return path;
}
