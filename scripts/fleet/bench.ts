/**
 * What the fleet costs, as ratios of CPU time on one machine in one run: `bun scripts/fleet/bench.ts [events]`, with
 * the Bun of node_modules, so that what is measured runs on what ships. Needs dist/plugin and the nats-server of the
 * specs.
 */
import { execFileSync, spawn } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { ulid } from 'ulid';

import { parseBuildId } from '../../host/dokku/names';
import { encodeEnvelope } from '../../journal/file/envelope';
import { type BuildEvent, SCHEMA_VERSION } from '../../journal/events';
import { sha256 } from '../../journal/file/checksums';
import { encodeFrame } from '../../journal/file/frame';
import { closeJournal, JOURNAL_FILE, openJournal } from '../../journal/file/journalFile';
import { loadWhole } from '../../journal/loadHistory';
import { findFrames } from '../../journal/file/findFrames';
import { connectNats, type NatsFleet } from '../../subscribers/fleet/nats/natsFleet';
import { makeStreams } from '../../subscribers/fleet/nats/natsStreams';
import { JournalPublisher } from '../../subscribers/fleet/agent/publishJournal';
import { Mirror } from '../../subscribers/fleet/mirror/mirror';
import { builtPlugin } from '../sandbox/layout';
import { natsServerProgram, startNatsServer } from './natsServer';

const EVENTS = Number(process.argv[2] ?? 200_000);
const HOSTS = 100;
const APPS = 2000;
const executable = join(builtPlugin, 'bin', 'dokku-builds');

async function main(): Promise<void> {
  const installed = natsServerProgram();
  if ('missing' in installed) throw new Error(installed.missing);
  const directory = mkdtempSync(join(tmpdir(), 'dokku-fleet-bench-'));
  const configuration = `server_name: one\njetstream { store_dir: "${directory}/store", sync_interval: always }\n`;
  const server = await startNatsServer({ directory, configuration, program: installed.program, seconds: 900 });
  try {
    const fleet = await connectNats({ servers: [server.url], inbox: '_INBOX_DKB.bench', name: 'bench' });
    await makeStreams(fleet, 1);
    const path = makeJournal(join(directory, 'large'), EVENTS);
    const fold = await cpu(() => foldAll(path));
    row(`fold ${EVENTS} events`, fold, fold, '-');
    const published = await cpu(() => publishAll(fleet, ulid(), path));
    row('publish them', published, fold, '1.6 x the fold');
    const some = makeJournal(join(directory, 'small'), 20_000);
    const pieces = await cpu(() => publishAll(fleet, ulid(), some));
    const singly = await cpu(() => publishSingly(fleet, some));
    row('publish 20000 in pieces', pieces, singly, '0.15 x as one message each');
    const mirror = Mirror.open(join(directory, 'mirror'));
    const cold = await cpu(() => mirror.refresh(fleet, Date.now(), console.error));
    const all = await cpu(() => [path, some].forEach(foldAll));
    row('cold read and fold', cold, all, '1.3 x the fold');
    await small(fleet, directory);
    await fleet.close();
    await listing(server.url, directory);
  } finally {
    await server.stop('SIGKILL');
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Journals of a fleet of 100 hosts with 2,000 apps. */
async function small(fleet: NatsFleet, directory: string): Promise<void> {
  const hosts = Array.from({ length: HOSTS }, () => ulid());
  for (let app = 0; app < APPS; app += 1) {
    const host = hosts[app % HOSTS] ?? '';
    await publishAll(fleet, host, makeJournal(join(directory, 'apps', String(app)), 8));
  }
  for (const [place, host] of hosts.entries()) {
    const state = { name: `web${place}`, program: '1', everySeconds: 60, journals: [] };
    await fleet.publishState(host, 'host', state);
  }
}

async function listing(url: string, directory: string): Promise<void> {
  const env = { PATH: process.env['PATH'] ?? '', HOME: directory, DOKKU_LIB_ROOT: join(directory, 'lib') };
  mkdirSync(join(directory, 'lib'));
  const run = (args: readonly string[]): void => void execFileSync(executable, args, { env, stdio: 'pipe', input: '' });
  run(['fleet:join', url, '--as', 'reader']);
  run(['fleet:list']);
  const empty = programCpu(['builds-generate-id'], env);
  const list = programCpu(['fleet:list'], env);
  row(`fleet:list, ${HOSTS} hosts, ${APPS} apps`, list.ms, empty.ms, '10 x an empty executable');
  run(['fleet:join', url, '--as', 'host', '--name', 'bench']);
  const agent = spawn(executable, ['fleet:agent'], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  await new Promise((resolve) => setTimeout(resolve, 5000));
  const resident = memory(String(agent.pid));
  agent.kill();
  const { peak } = empty;
  console.log(
    `idle agent ${(resident / 1024).toFixed(0)} MiB resident, an empty executable ${(peak / 1024).toFixed(0)} MiB: ${(resident / peak).toFixed(2)}, at most 1.5`,
  );
}

function memory(pid: string): number {
  return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
}

async function cpu(work: () => unknown): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

/** CPU time of a program, in ms: the least of seven. */
function programCpu(args: readonly string[], env: NodeJS.ProcessEnv): { ms: number; peak: number } {
  const script = `import resource,subprocess,sys
best=None
for _ in range(7):
    before=resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(sys.argv[1:],stdout=-3,stderr=-3,stdin=-3)
    after=resource.getrusage(resource.RUSAGE_CHILDREN)
    used=after.ru_utime+after.ru_stime-before.ru_utime-before.ru_stime
    best=used if best is None else min(best,used)
print(best*1000,after.ru_maxrss)`;
  const printed = execFileSync('python3', ['-c', script, executable, ...args], { env, encoding: 'utf8' });
  const [ms = 0, peak = 0] = printed.trim().split(' ').map(Number);
  return { ms, peak };
}

function row(what: string, ms: number, against: number, most: string): void {
  console.log(`${what}: ${ms.toFixed(0)} ms CPU, ratio ${(ms / against).toFixed(2)} (at most ${most})`);
}

function foldAll(path: string): void {
  const journal = openJournal(path);
  if (journal === undefined) throw new Error('no journal');
  loadWhole(journal);
  closeJournal(journal);
}

async function publishAll(fleet: NatsFleet, host: string, path: string): Promise<void> {
  const publisher = new JournalPublisher(fleet, host, path);
  for (let step = await publisher.step(); step.type === 'published'; step = await publisher.step()) continue;
}

async function publishSingly(fleet: NatsFleet, path: string): Promise<void> {
  const bytes = readFileSync(path);
  const of = { host: ulid(), journal: ulid() };
  let after = 0;
  for (const { type, start, end } of findFrames(bytes, 0, true).pieces) {
    if (type !== 'frame') continue;
    const piece = {
      branch: 1,
      from: start,
      bytes: bytes.subarray(start, end),
      frame: { start, crc: 0, seq: 0 },
      upTo: 0,
    };
    after = await fleet.append(of, piece, after);
  }
}

/** A journal with so many events, every link right: one build after the other, each pruned 20 builds later. */
function makeJournal(directory: string, events: number): string {
  mkdirSync(directory, { recursive: true });
  const path = join(directory, JOURNAL_FILE);
  const fd = openSync(path, 'wx', 0o600);
  let [previousCrc, end, before] = [0, 0, Buffer.alloc(0) as Buffer];
  for (let seq = 1; seq <= events; seq += 1) {
    const at = 1_777_000_000_000 + seq * 1000;
    const digest = sha256().update(before).digest();
    const event = eventOf(seq, at);
    const frame = encodeFrame(
      encodeEnvelope({ seq, id: ulid(at), at, schema: SCHEMA_VERSION, event }, { previousCrc, readTo: end, digest }),
    );
    writeSync(fd, frame);
    end += frame.length;
    before = frame;
    previousCrc = frame.readUInt32LE(8);
  }
  closeSync(fd);
  return path;
}

function eventOf(seq: number, at: number): BuildEvent {
  const id = (place: number) => parseBuildId(`b${String(place).padStart(10, '0')}`);
  const build = id(Math.ceil(seq / 3));
  const time = new Date(at).toISOString();
  if (seq % 3 === 1) {
    const process = { pid: 4242, startTicks: 123_456, bootId: '0b0a0908-0706-0504-0302-010000000000' };
    const actor = { user: 'dokku', key: 'admin' };
    return { type: 'BuildStarted', build, kind: 'build', source: 'git-hook', process, startedAt: time, actor };
  }
  if (seq % 3 === 2)
    return { type: 'BuildFinished', build, status: 'succeeded', exitCode: 0, cause: 'exit', finishedAt: time };
  return { type: 'Pruned', builds: [id(Math.max(1, seq / 3 - 20))], reason: 'retention' };
}

void main();
