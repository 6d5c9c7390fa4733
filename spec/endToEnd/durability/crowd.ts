import { spawnSync } from 'node:child_process';
import fs, {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';

import { readHost } from '../../../host/dokku/environment';
import {
  type AppName,
  asBuildId,
  type BuildId,
  generateBuildId,
  parseAppName,
  parseBuildId,
} from '../../../host/dokku/names';
import { type AppBuilds, appBuilds } from '../../../host/dokku/paths';
import { pause } from '../../../host/system/pause';
import { identifyProcess } from '../../../host/system/processes';
import { thisSystem } from '../../../host/system/system';
import { type BuildCommand, BuildStartedBefore, UnknownBuild } from '../../../journal/commands';
import { changeHistory } from '../../../subscribers/changeHistory';
import { addNote } from '../../../projections/conclusions/notes';
import { adoptRecords } from '../../../projections/records/adoptRecords';
import { addRunning } from '../../../projections/lists/runningBuilds';
import { updateFiles } from '../../../projections/records/updateFiles';
import { replay } from '../../../projections/verification/replay';
import { contextOf, recordFinish, recordStart, tidy } from '../../../subscribers/recordDeploy';
import type { Told } from './told';

/*
 * One of a crowd of processes that record, cancel, prune, discard, adopt, replay and read at once. Called with its
 * number, how many things to do, the pid of a process that lives as long as the crowd, the directory of the built
 * plugin (empty: nothing is done by the executable), and the apps. It prints one line of JSON (`Told`) for each thing
 * that it was told. It begins when its stdin ends: then everybody is there.
 */

/** A part of the starts and ends is done by the built executable, as Dokku does it. That takes far longer. */
const BY_EXECUTABLE = 0.02;
/** The part of the appends that stop in the middle for a moment, so that another process comes in between. */
const STOPPING = 0.1;
const NO_PROCESS = 2 ** 22 + 1; // more than any pid

const [number = '', count = '', live = '', plugin = '', ...names] = process.argv.slice(2);
const apps = names.map(parseAppName);
const livePid = Number(live);
const host = readHost(process.env);
const actor = { user: `worker${number}` };
let [current] = apps as [AppName, ...AppName[]];
const warn = (message: string): void => tell({ op: 'warned', app: current, message });
const own: { app: AppName; build: BuildId }[] = [];
const newest = new Map<AppName, number>();

stopInAppends();
process.stdout.write('ready\n');
readSync(0, Buffer.alloc(1)); // returns when the pipe is closed
for (let done = 0; done < Number(count); done += 1) {
  current = pick(apps) ?? current;
  tell(act(current, done));
}

function act(app: AppName, turn: number): Told {
  const builds = appBuilds(host, app);
  const dice = Math.random();
  if (dice < 0.2) return start(builds, turn);
  if (dice < 0.23) return startReused(builds);
  if (dice < 0.26) return adopt(builds);
  if (dice < 0.27) return replayAll(builds);
  if (dice < 0.33) return prune(builds);
  if (dice < 0.4) return read(builds);
  const target = findTarget(builds);
  if (target === undefined) return read(builds);
  if (Math.random() < 0.1) addNote(builds.directory, target, { type: 'revision', revision: 'a'.repeat(40) });
  if (dice < 0.82) return finish(builds, target);
  if (dice < 0.93) {
    const at = Date.now();
    return attempt('cancel', builds, target, { type: 'CancelBuild', build: target, signal: 'SIGQUIT', actor, at });
  }
  return attempt('discard', builds, target, { type: 'DiscardBuild', build: target });
}

/** Some ids are everybody's, so that several start the same build. */
function start(builds: AppBuilds, turn: number): Told {
  const { app } = builds;
  if (plugin !== '' && Math.random() < BY_EXECUTABLE) return startByExecutable(builds);
  const shared = Math.random() < 0.2;
  const build = shared ? parseBuildId(`shared-${turn}`) : generateBuildId(Date.now());
  beginLog(builds, build);
  return refusable('start', app, build, () => {
    recordStart(host, warn, app, build, livePid, 'git-hook');
    own.push({ app, build });
    return { op: 'started', app, build };
  });
}

/** A build without a process: the process that this leaves behind concludes its end, while all others go on. */
function startByExecutable(builds: AppBuilds): Told {
  const { app } = builds;
  const build = parseBuildId(`dead-${generateBuildId(Date.now())}`);
  beginLog(builds, build);
  execute('builds-record-start', app, build, String(NO_PROCESS), 'deploy');
  return { op: 'started', app, build, byExecutable: true };
}

/** Calls a trigger of the built plugin, which must succeed. Returns what it printed on stderr. */
function execute(trigger: string, ...args: string[]): string {
  const { status, signal, stderr } = spawnSync(join(plugin, trigger), args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${trigger} ${args.join(' ')} ended with ${status ?? signal}: ${stderr}`);
  return stderr;
}

/** A build whose pid now belongs to another process: it is dead, and will be reaped. */
function startReused(builds: AppBuilds): Told {
  const build = parseBuildId(`dead-${generateBuildId(Date.now())}`);
  const { group: _, ...process } = identifyProcess(livePid);
  const identity = { ...process, startTicks: 1 };
  addRunning(builds.buildsRoot, builds.app, [build]);
  beginLog(builds, build);
  const at = Date.now();
  return attempt('start', builds, build, { type: 'StartBuild', build, source: 'deploy', process: identity, actor, at });
}

/** As a host does before it calls the trigger. */
function beginLog({ directory }: AppBuilds, build: BuildId): void {
  mkdirSync(directory, { recursive: true });
  if (!existsSync(join(directory, `${build}.json`))) writeFileSync(join(directory, `${build}.log`), '');
}

function finish(builds: AppBuilds, build: BuildId): Told {
  if (plugin !== '' && Math.random() < BY_EXECUTABLE) {
    const { app } = builds;
    const isUnknown = execute('builds-record-finalize', app, build, '0').includes('No build record found');
    if (isUnknown) return { op: 'refused', what: 'finish', app, build, why: 'unknown' };
    return { op: 'finished', app, build, byExecutable: true };
  }
  return refusable('finish', builds.app, build, () => {
    recordFinish(host, warn, builds.app, build, Math.random() < 0.5 ? 0 : 1);
    return { op: 'finished', app: builds.app, build };
  });
}

function attempt(op: string, builds: AppBuilds, build: BuildId, command: BuildCommand): Told {
  return refusable(op, builds.app, build, () => {
    const { added } = changeHistory(contextOf(host, builds.app, warn), 'all', () => [command]);
    return { op: 'added', what: op, app: builds.app, build, added };
  });
}

function prune({ app }: AppBuilds): Told {
  const context = contextOf(host, app, warn);
  const { added } = changeHistory(context, 'all', (history) => tidy(context, history));
  return { op: 'added', what: 'prune', app, added };
}

/** A record appears that something else wrote, and this process is the first to meet it, or not. */
function adopt(builds: AppBuilds): Told {
  const { app, directory } = builds;
  const build = parseBuildId(`stock-${generateBuildId(Date.now())}`);
  const running = Math.random() < 0.5;
  const end = { finished_at: '2026-04-30T13:50:01Z', status: 'succeeded', exit_code: 0 };
  const begin = { id: build, app, kind: 'build', pid: livePid, started_at: '2026-04-30T13:50:00Z', source: 'git:sync' };
  mkdirSync(directory, { recursive: true });
  const temporary = join(directory, `.stock-${number}`);
  writeFileSync(temporary, JSON.stringify({ ...begin, ...(running ? { status: 'running' } : end) }));
  renameSync(temporary, join(directory, `${build}.json`));
  updateFiles(builds, adoptRecords(builds, thisSystem, warn).loaded, 'all', thisSystem, warn);
  return { op: 'adopted', app, build };
}

/** Every stored file is made again from the journal. */
function replayAll(builds: AppBuilds): Told {
  replay(builds, false, thisSystem, () => undefined, warn);
  return { op: 'read', app: builds.app, torn: [] };
}

/** Reads the history and every record there is; nothing may go backwards, nothing may be half there. */
function read(builds: AppBuilds): Told {
  const { app, directory } = builds;
  const { head } = adoptRecords(builds, thisSystem, warn).loaded;
  const before = newest.get(app) ?? 0;
  newest.set(app, head.seq);
  const torn = head.seq < before ? [`event ${before} is gone, the last one is ${head.seq}`] : [];
  for (const name of list(directory).filter((one) => one.endsWith('.json'))) {
    const text = content(join(directory, name));
    if (text !== undefined && !isWhole(text)) torn.push(`${name}: ${text}`);
  }
  return { op: 'read', app, torn };
}

function findTarget(builds: AppBuilds): BuildId | undefined {
  if (own.length > 0 && Math.random() < 0.3)
    return pick(own.filter(({ app }) => app === builds.app).map(({ build }) => build));
  const ids = list(builds.directory).map((name) => (name.endsWith('.json') ? asBuildId(name.slice(0, -5)) : undefined));
  return pick(ids.filter((id) => id !== undefined));
}

function refusable(op: string, app: AppName, build: BuildId, work: () => Told): Told {
  try {
    return work();
  } catch (error) {
    if (error instanceof BuildStartedBefore) return { op: 'refused', what: op, app, build, why: 'started before' };
    if (error instanceof UnknownBuild) return { op: 'refused', what: op, app, build, why: 'unknown' };
    throw error;
  }
}

function list(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

function content(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined; // it has left since
  }
}

function isWhole(text: string): boolean {
  try {
    return typeof (JSON.parse(text) as { status?: unknown }).status === 'string';
  } catch {
    return false;
  }
}

/** Some writes to a journal stop before or after it: what was decided is out of date then, or not yet synced. */
function stopInAppends(): void {
  const { writeSync: write } = fs;
  const isFrame = (data: unknown): boolean => data instanceof Uint8Array && data[0] === 0xc1;
  const stopping = (...args: Parameters<typeof write>): number => {
    if (!isFrame(args[1]) || Math.random() > STOPPING) return write(...args);
    const stopFirst = Math.random() < 0.5;
    if (stopFirst) pause(5 * Math.random());
    const written = write(...args);
    if (!stopFirst) pause(5 * Math.random());
    return written;
  };
  Object.assign(fs, { writeSync: stopping });
}

function pick<T>(items: readonly T[]): T | undefined {
  return items[Math.floor(Math.random() * items.length)];
}

function tell(told: Told): void {
  writeSync(1, `${JSON.stringify(told)}\n`);
}
