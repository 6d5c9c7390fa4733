import { mkdirSync, rmSync, symlinkSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import fs from 'node:fs';
import { dirname, join } from 'node:path';

import test, { type ExecutionContext } from 'ava';

import type { Host } from '../../../host/dokku/environment';
import { parseBuildId } from '../../../host/dokku/names';
import { appBuilds, type AppBuilds, deployLockPath } from '../../../host/dokku/paths';
import type { System } from '../../../host/system/system';
import type { BuildCommand, EndedBuild } from '../../../journal/commands';
import { decide } from '../../../journal/decider';
import type { BuildEvent } from '../../../journal/events';
import { concludeEnded } from '../../../projections/conclusions/evidence';
import { addNote } from '../../../projections/conclusions/notes';
import { noTrace } from '../../journal/buildCommands';
import {
  canceled,
  deployed,
  discarded,
  finished,
  minute,
  minuteText,
  reaped,
  started,
} from '../../journal/buildEvents';
import { historyOf } from '../../journal/given';
import { createApp, temporaryHost } from '../../temporaryHost';
import { machine } from '../../host/system/machine';

const NOW = minute(60);
const b1 = parseBuildId('b1');
const revision = '0123456789abcdef0123456789abcdef01234567';
const atStart = { ...noTrace, lastSign: minute(0) };

interface App {
  readonly host: Host;
  readonly builds: AppBuilds;
}

test('a build whose process or process group is there is not concluded', (t) => {
  const app = temporaryDeploys(t);
  const process = { pid: 17, group: 16 };
  const events = [started('b1', { process }), started('b2', { process: { pid: 18 } }), finished('b3')];
  t.deepEqual(endedOf(app, events, machine(NOW, 17, 18)), []);
  const groupIsThere: System = { ...machine(NOW), isGroupAlive: ({ group }) => group === 16 };
  t.deepEqual(
    endedOf(app, events, groupIsThere).map(({ build }) => String(build)),
    ['b2'],
  );
});

test('a build that has ended, or was pruned, is not concluded', (t) => {
  const app = temporaryDeploys(t);
  const events = [started('b1'), finished('b1'), started('b2'), canceled('b2'), started('b3'), discarded('b3')];
  t.deepEqual(endedOf(app, events), []);
});

test("without other evidence a build's last sign of life is its start", (t) => {
  t.deepEqual(evidenceOf(temporaryDeploys(t)), atStart);
});

test('notes about a build are evidence', (t) => {
  const app = temporaryDeploys(t);
  addNote(app.builds.directory, b1, { type: 'deployed' });
  addNote(app.builds.directory, b1, { type: 'revision', revision });
  t.deepEqual(evidenceOf(app), { ...atStart, deployed: true, revision });
  const cancel = { actor: { user: 'dokku', key: 'alice' }, signal: 'SIGTERM' };
  addNote(app.builds.directory, b1, { type: 'cancel', by: 7, ...cancel });
  t.deepEqual(evidenceOf(app), { ...atStart, deployed: true, revision, cancel });
});

test('the deploy lock is evidence if it names the build, and only then', (t) => {
  const app = temporaryDeploys(t);
  for (const [content, holdsLock] of [
    ['b1\n', true],
    ['b1', true],
    ['b2\n', false],
    ['', false],
    ['b1/../b1\n', false],
  ] as const) {
    writeLock(app, content);
    t.deepEqual(evidenceOf(app), { ...atStart, holdsLock }, JSON.stringify(content));
  }
});

test('the last write to the log is the last sign of life, if it lies between the start and now', (t) => {
  const app = temporaryDeploys(t);
  for (const [written, lastSign] of [
    [minute(0), minute(0)],
    [minute(7), minute(7)],
    [NOW, NOW],
    [minute(-1), minute(0)],
    [NOW + 1000, minute(0)],
  ] as const) {
    writeLog(app, 'output\n', written);
    t.is(evidenceOf(app).lastSign, lastSign);
  }
});

test('the log of a sync shows a failure by the beginning of a line', (t) => {
  const app = temporaryDeploys(t);
  for (const line of [
    ' !     App build failed',
    ' !     ',
    'fatal: repository not found',
    'error: RPC failed',
    '\u001b[31m !     \u001b[0mApp build failed',
    '\u001b[1;31mfatal: Could not read from remote repository.',
  ])
    for (const log of [line, `${line}\n`, `-----> Cloning\n${line}\nmore\n`, `-----> Cloning\r\n${line}\r\n`])
      t.true(syncShowsFailure(app, log), JSON.stringify(log));
  for (const line of [
    '',
    '-----> Fetching',
    'Skipping build as no changes were detected',
    '       remote: fatal: no',
    ' ! not so many spaces',
    'an error: somewhere',
    'Fatal: not as git says it',
    'errors: 0',
  ])
    for (const log of [line, `${line}\n`, `-----> Cloning\n${line}\nmore\n`])
      t.false(syncShowsFailure(app, log), JSON.stringify(log));
});

test('a log that is longer than that of a sync that did nothing shows a failure, and is not read to its end', (t) => {
  const app = temporaryDeploys(t);
  t.false(syncShowsFailure(app, `${'x'.repeat(256 * 1024 - 1)}\n`));
  t.true(syncShowsFailure(app, `${'x'.repeat(256 * 1024)}\n`));
  truncateSync(logOf(app), 2 ** 40); // a hole; to read it would take minutes
  t.true(evidenceOf(app, 'git:sync').logShowsFailure);
});

test('a log that is missing, a link, or no file shows nothing', (t) => {
  const app = temporaryDeploys(t);
  const path = logOf(app);
  t.false(evidenceOf(app, 'git:sync').logShowsFailure);
  writeFileSync(`${path}.elsewhere`, 'fatal: of another\n');
  symlinkSync(`${path}.elsewhere`, path);
  t.false(evidenceOf(app, 'git:sync').logShowsFailure);
  rmSync(path);
  mkdirSync(path);
  t.false(evidenceOf(app, 'git:sync').logShowsFailure);
});

test.serial('only the log of a sync without a lock is read: no other can end without a trace', (t) => {
  const app = temporaryDeploys(t);
  writeLog(app, 'fatal: refused\n', minute(1));
  const opened = watchOpened(t, logOf(app));
  evidenceOf(app, 'git-hook');
  evidenceOf(app, 'ps:restart');
  writeLock(app, 'b1\n');
  evidenceOf(app, 'git:sync');
  t.is(opened(), 0);
  writeLock(app, 'b2\n');
  t.true(evidenceOf(app, 'git:sync').logShowsFailure);
  t.is(opened(), 1);
});

test.serial('a build that writes to its log while it is looked at, and then dies, has ended at that time', (t) => {
  const app = temporaryDeploys(t);
  let now = minute(5);
  const dies: System = {
    ...machine(0),
    now: () => now,
    isGroupAlive: () => {
      now = minute(6);
      writeLog(app, 'last words\n', now);
      return false;
    },
  };
  t.is(endedOf(app, [started('b1')], dies)[0]?.evidence.lastSign, minute(6));
});

/* What a host leaves behind after a deploy, and the event that follows (dokku-interface, section 3.1). */

const at = { finishedAt: minuteText(7) };

for (const [deploy, source, leave, then] of [
  [
    'a push whose image build fails',
    'git-hook',
    (app: App) => {
      note(app, { type: 'revision', revision });
      log(app, '-----> Building\n !     App build failed\n');
      writeLock(app, 'b1\n');
    },
    reaped('b1', { ...at, revision }),
  ],
  [
    'a ps:restart that succeeds',
    'ps:restart',
    (app: App) => {
      note(app, { type: 'deployed' });
      log(app, '-----> Deploying\n');
    },
    deployed('b1', at),
  ],
  [
    'a ps:restart of an app that was never deployed',
    'ps:restart',
    (app: App) => log(app, ' !     App myapp has not been deployed\n'),
    reaped('b1', at),
  ],
  [
    'a git:sync that finds no changes',
    'git:sync',
    (app: App) => log(app, '-----> Fetching\nSkipping build as no changes were detected\n'),
    discarded('b1'),
  ],
  ['a git:sync that leaves no log', 'git:sync', () => undefined, discarded('b1')],
  [
    'a git:sync whose fetch is refused',
    'git:sync',
    (app: App) => log(app, '-----> Cloning\nfatal: could not read Username\n'),
    reaped('b1', at),
  ],
  [
    'a git:sync whose image build fails',
    'git:sync',
    (app: App) => {
      log(app, '-----> Building\n');
      writeLock(app, 'b1\n');
    },
    reaped('b1', at),
  ],
  [
    'a git:sync that deploys, and does not report it',
    'git:sync',
    (app: App) => {
      note(app, { type: 'deployed' });
      log(app, ' !     a warning of a plugin\n');
    },
    deployed('b1', at),
  ],
  [
    'a git:from-image with the image that is deployed already',
    'git:from-image',
    (app: App) => log(app, ' !     No changes detected, skipping git commit\n'),
    reaped('b1', at),
  ],
  [
    'a push while another deploy holds the lock',
    'git-hook',
    (app: App) => {
      log(app, ' !     myapp currently has a deploy lock in place. Exiting...\n');
      writeLock(app, 'other\n');
    },
    reaped('b1', at),
  ],
  [
    'a deploy that dies of a cancel',
    'git-hook',
    (app: App) => {
      log(app, 'Terminated\n');
      writeLock(app, 'b1\n');
      note(app, { type: 'cancel', actor: { user: 'dokku' }, signal: 'SIGQUIT', by: 7 });
    },
    canceled('b1', { ...at, actor: { user: 'dokku' }, signal: 'SIGQUIT' }),
  ],
  [
    'a deploy that survived a cancel, and fails later',
    'git-hook',
    (app: App) => {
      note(app, { type: 'cancel', actor: { user: 'dokku' }, signal: 'SIGQUIT', by: 7 });
      note(app, { type: 'cancel-failed' });
      log(app, ' !     App build failed\n');
    },
    reaped('b1', at),
  ],
] as const) {
  test(`from what it leaves behind: ${deploy}`, (t) => {
    const app = temporaryDeploys(t);
    leave(app);
    const events = [started('b1', { source })];
    t.deepEqual(decide(historyOf(...events), commandOf(app, events)), [then]);
  });
}

function temporaryDeploys(t: ExecutionContext): App {
  const host = temporaryHost(t);
  const builds = appBuilds(host, createApp(host, 'myapp'));
  mkdirSync(builds.directory, { recursive: true });
  return { host, builds };
}

function commandOf({ host, builds }: App, events: readonly BuildEvent[], system = machine(NOW)): BuildCommand {
  return concludeEnded(host, builds, historyOf(...events), system);
}

function endedOf(app: App, events: readonly BuildEvent[], system?: System): readonly EndedBuild[] {
  const command = commandOf(app, events, system);
  if (command.type !== 'ConcludeBuilds') throw new Error(command.type);
  return command.ended;
}

/** The evidence of build b1, which has begun at {@link EPOCH}. */
function evidenceOf(app: App, source = 'git-hook') {
  const [ended] = endedOf(app, [started('b1', { source })]);
  if (ended === undefined) throw new Error('the build was not concluded');
  return ended.evidence;
}

function syncShowsFailure(app: App, text: string): boolean {
  log(app, text);
  return evidenceOf(app, 'git:sync').logShowsFailure;
}

const note = (app: App, what: Parameters<typeof addNote>[2]): void => addNote(app.builds.directory, b1, what);

const log = (app: App, text: string): void => writeLog(app, text, minute(7));

function logOf({ builds }: App): string {
  return join(builds.directory, 'b1.log');
}

function writeLog(app: App, text: string, written: number): void {
  writeFileSync(logOf(app), text);
  utimesSync(logOf(app), written / 1000, written / 1000);
}

function writeLock({ host, builds }: App, content: string): void {
  const path = deployLockPath(host, builds.app);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}

/** How often this process has opened `path` since, until the test ends. */
function watchOpened(t: ExecutionContext, path: string): () => number {
  const { openSync } = fs;
  let count = 0;
  t.teardown(() => Object.assign(fs, { openSync }));
  Object.assign(fs, {
    openSync: (...args: Parameters<typeof openSync>): number => {
      if (args[0] === path) count += 1;
      return openSync(...args);
    },
  });
  return () => count;
}
