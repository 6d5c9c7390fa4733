import test from 'ava';
import fc from 'fast-check';

import { parseAppName, parseBuildId } from '../../../host/dokku/names';
import type { BuildEvent } from '../../../journal/events';
import { type Build, buildsOf } from '../../../journal/history';
import { buildView, parseRecord, recordText, asShown } from '../../../projections/records/record';
import { canceled, deployed, finished, minute, minuteText, reaped, started } from '../../journal/buildEvents';
import { historyOf } from '../../journal/given';
import { decide, initialState } from '../../../journal/decider';
import { parseEvent, UnknownEvent } from '../../../journal/file/format/parseEvent';
import { anyText } from '../../anyText';

const app = parseAppName('myapp');
const id = parseBuildId('01j8c4xv7bk5w3');

test('a record has the bytes of the contract', (t) => {
  const build = only(
    started(id, { process: { pid: 12345 }, startedAt: '2026-04-30T13:50:00Z' }),
    finished(id, { finishedAt: '2026-04-30T13:51:14Z' }),
  );
  t.is(
    recordText(app, build),
    `{
  "id": "01j8c4xv7bk5w3",
  "app": "myapp",
  "kind": "build",
  "pid": 12345,
  "started_at": "2026-04-30T13:50:00Z",
  "finished_at": "2026-04-30T13:51:14Z",
  "status": "succeeded",
  "source": "git-hook",
  "exit_code": 0
}
`,
  );
});

test('while it runs, a record says neither when nor how it ended', (t) => {
  t.is(
    recordText(
      app,
      only(started(id, { startedAt: '2026-04-30T13:50:00Z', process: { pid: 1, startTicks: 2, bootId: 'x' } })),
    ),
    `{
  "id": "01j8c4xv7bk5w3",
  "app": "myapp",
  "kind": "build",
  "pid": 1,
  "started_at": "2026-04-30T13:50:00Z",
  "status": "running",
  "source": "git-hook"
}
`,
  );
});

test('a build that was canceled, or found dead, has exit code -1 on record', (t) => {
  t.like(JSON.parse(recordText(app, only(started(id), canceled(id)))), { status: 'canceled', exit_code: -1 });
  t.like(JSON.parse(recordText(app, only(started(id), reaped(id)))), { status: 'failed', exit_code: -1 });
});

test('a record says how a build ended, and not how that became known', (t) => {
  t.is(recordText(app, only(started(id), deployed(id))), recordText(app, only(started(id), finished(id))));
  const failure = finished(id, { exitCode: 7, finishedAt: minuteText(3) });
  const failed = recordText(app, only(started(id), failure));
  t.is(recordText(app, only(started(id), deployed(id), failure)), failed);
  t.is(recordText(app, only(started(id), reaped(id), failure)), failed);
});

test('an adopted record is written again as it was', (t) => {
  const times = ['2026-04-30T13:50:00Z', '2026-04-30T13:50:00.123456789Z', '2026-04-30T13:50:00.1Z'];
  for (const startedAt of times) {
    for (const events of [
      [started(id, { startedAt })],
      [started(id, { startedAt }), finished(id)],
      [started(id, { startedAt }), finished(id, { exitCode: 9 })],
      [started(id, { startedAt }), reaped(id)],
      [started(id, { startedAt }), canceled(id)],
    ]) {
      const text = recordText(app, only(...events));
      const read = parseRecord(id, text);
      if (typeof read === 'string') return t.fail(read);
      t.is(recordText(app, only(read.started, ...(read.ended ? [read.ended] : []))), text);
    }
  }
});

test('a record is read as the events that would have made it', (t) => {
  const text = JSON.stringify({
    id,
    app: 'another-name',
    kind: 'deploy',
    pid: 12345,
    started_at: '2026-04-30T13:50:00.123456789Z',
    finished_at: '2026-04-30T13:51:14.5Z',
    status: 'failed',
    source: 'ps:restart',
    exit_code: 137,
    added_by: 'a later version',
  });
  t.deepEqual(parseRecord(id, text), {
    started: started(id, {
      kind: 'deploy',
      source: 'ps:restart',
      process: { pid: 12345 },
      startedAt: '2026-04-30T13:50:00.123456789Z',
      adopted: true,
    }),
    ended: finished(id, { exitCode: 137, finishedAt: '2026-04-30T13:51:14.5Z', adopted: true }),
  });
});

const least = { started_at: minuteText(0), status: 'running' };

test('missing fields of a record are filled in, and unknown ones ignored', (t) => {
  const begun = started(id, { adopted: true, source: 'unknown', kind: 'deploy', process: { pid: 0 } });
  t.deepEqual(parse(least), { started: begun });
  t.deepEqual(parse({ ...least, pid: -4, kind: 7, source: '' }), { started: begun });
  t.deepEqual(parse({ ...least, pid: 4242, source: 'git:sync' }), {
    started: { ...begun, process: { pid: 4242 }, source: 'git:sync', kind: 'build' },
  });
  t.deepEqual(parse({ ...least, pid: '4242', source: 'git:sync' }), parse({ ...least, pid: 4242, source: 'git:sync' }));
  t.deepEqual(parse({ ...least, source: 'brand:new', kind: 'build' }), {
    started: { ...begun, source: 'brand:new', kind: 'build' },
  });
});

test('an end without time or exit code is still an end', (t) => {
  const endOf = (fields: object) => {
    const read = parse({ ...least, ...fields });
    return typeof read === 'string' ? read : read.ended;
  };
  const end = { adopted: true, finishedAt: minuteText(0) } as const;
  t.deepEqual(endOf({ status: 'succeeded' }), finished(id, { ...end, exitCode: 0 }));
  t.deepEqual(endOf({ status: 'failed' }), reaped(id, { ...end }));
  t.deepEqual(endOf({ status: 'failed', exit_code: -1, finished_at: minuteText(1) }), reaped(id, { adopted: true }));
  t.deepEqual(endOf({ status: 'failed', exit_code: null }), reaped(id, end));
  for (const [text, exitCode] of [
    ['1', 1],
    ['137', 137],
    ['-7', -7],
  ] as const)
    t.deepEqual(endOf({ status: 'failed', exit_code: text }), finished(id, { ...end, exitCode }), `"${text}"`);
  for (const exitCode of ['', 'one', '1.5', '0x1', '1e3', 1.5, 1e300, true, [], {}])
    t.is(endOf({ status: 'failed', exit_code: exitCode }), 'its exit_code is not a whole number');
  const { signal: _signal, ...unsignaled } = canceled(id, end);
  t.deepEqual(endOf({ status: 'canceled' }), unsignaled);
});

test('without a final line break, or with other spaces, JSON is JSON', (t) => {
  const text = JSON.stringify({ ...least, id }, null, 8);
  t.not(typeof parseRecord(id, text), 'string');
  t.not(typeof parseRecord(id, `\n\t${text}\r\n`), 'string');
  t.deepEqual(parseRecord(id, `\ufeff${text}`), parseRecord(id, text), 'with a byte order mark');
});

test('the reason why a file is not a record is one sentence', (t) => {
  for (const [text, problem] of [
    ['', 'it is not JSON'],
    ['{"id": "01j8', 'it is not JSON'],
    ['\0'.repeat(400), 'it is not JSON'],
    ['null', 'it is not a JSON object'],
    ['[]', 'it is not a JSON object'],
    ['"running"', 'it is not a JSON object'],
    [JSON.stringify({ ...least, id: 'other' }), 'its id is another one than its file name says'],
    [JSON.stringify({ ...least, id: 17 }), 'its id is another one than its file name says'],
    [JSON.stringify({ status: 'running' }), 'it has no valid started_at'],
    [JSON.stringify({ ...least, started_at: 'yesterday' }), 'it has no valid started_at'],
    [JSON.stringify({ ...least, started_at: 1777557000 }), 'it has no valid started_at'],
    [JSON.stringify({ ...least, started_at: '2026-02-30T00:00:00Z' }), 'it has no valid started_at'],
    [JSON.stringify({ started_at: minuteText(0) }), 'its status is none of running, succeeded, failed, canceled'],
    [JSON.stringify({ ...least, status: 'abandoned' }), 'its status is none of running, succeeded, failed, canceled'],
  ] as const) {
    t.is(parseRecord(id, text), problem, text);
  }
});

test('a running build is shown as running while its process lives, and then as abandoned', (t) => {
  const build = only(started(id));
  t.deepEqual(
    asShown(build, minute(2), () => true),
    { build, displayStatus: 'running', duration: '2m0s', durationSeconds: 120 },
  );
  t.is(asShown(build, minute(2), () => false).displayStatus, 'abandoned');
});

test('a build that has ended is shown as it ended, whichever process has its pid now', (t) => {
  const build = only(started(id), finished(id, { exitCode: 1 }));
  for (const alive of [true, false]) {
    t.deepEqual(
      asShown(build, minute(500), () => alive),
      { build, displayStatus: 'failed', duration: '1m0s', durationSeconds: 60 },
    );
  }
});

test('no duration is negative, whatever the clock did', (t) => {
  t.is(asShown(only(started(id)), minute(-60), () => true).duration, '0s');
  const ended = only(started(id), finished(id, { finishedAt: minuteText(-5) }));
  t.is(asShown(ended, minute(0), () => true).duration, '0s');
});

test('the JSON view is the record, followed by keys of our own', (t) => {
  const revision = '0123456789abcdef0123456789abcdef01234567';
  const actor = { user: 'dokku', key: 'alice' };
  const build = only(started(id, { actor, revision }), canceled(id));
  const seen = asShown(build, minute(9), () => true);
  const record = JSON.parse(recordText(app, build)) as object;
  const more = { display_status: 'canceled', duration: '1m0s', log_path: '/data/x.log', duration_seconds: 60 };
  t.like(buildView(app, seen, '/data/x.log'), { ...record, ...more, revision, actor });
  const keys = [...Object.keys(record), ...Object.keys(more)];
  t.deepEqual(Object.keys(buildView(app, seen, '/data/x.log')).slice(0, keys.length), keys);
});

function only(...events: BuildEvent[]): Build {
  const [build] = buildsOf(historyOf(...events));
  if (build === undefined) throw new Error('no build came of these events');
  return build;
}

function parse(record: object) {
  return parseRecord(id, JSON.stringify(record));
}

const KEYS = ['id', 'app', 'kind', 'pid', 'started_at', 'finished_at', 'status', 'source', 'exit_code'];
const anyValue = fc.oneof(
  fc.jsonValue({ maxDepth: 1 }),
  fc.constantFrom<unknown>(id, 'running', 'succeeded', 'failed', 'canceled', 'abandoned', '2026-04-30T13:50:00Z'),
  fc.constantFrom<unknown>('2026-04-30T13:50:00+02:00', '9999-12-31T23:59:60Z', -1, 0, 2 ** 53, 1e308, '0', '\ud800'),
);
const anyRecord = fc.oneof(
  fc.dictionary(fc.constantFrom(...KEYS), anyValue).map((record) => JSON.stringify(record)),
  fc
    .dictionary(fc.constantFrom(...KEYS), anyValue)
    .map((other) => JSON.stringify({ started_at: '2026-04-30T13:50:00Z', status: 'succeeded', ...other })),
  fc.json(),
  anyText(),
);

test('any text is read as a record, or refused with one sentence', (t) => {
  let read = 0;
  fc.assert(
    fc.property(anyRecord, (text) => {
      const record = parseRecord(id, text);
      if (typeof record === 'string') return !/\p{Cc}/u.test(record);
      read += 1;
      const events = decide(initialState, { type: 'AdoptBuilds', records: [record] });
      return (
        events.length > 0 &&
        events.every(({ type, ...data }) => !(parseEvent(type, data) instanceof UnknownEvent)) &&
        buildsOf(historyOf(...events)).every((build) => recordText(app, build).includes(id))
      );
    }),
    { numRuns: process.env['SOAK'] === '1' ? 50_000 : 1_000 },
  );
  t.true(read > 10, `${read} were records`);
});
