import { existsSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

import test, { type ExecutionContext } from 'ava';

import { openFleet } from '../../../commands/api/openFleet';
import { createFleet, type Member, type TestFleet } from '../../../scripts/fleet/testFleet';
import { expectSuccess, type Running, type Sandbox, script } from '../../../scripts/sandbox/host';
import { readHeader } from '../../../journal/file/format/frame';
import { connectNats } from '../../../subscribers/fleet/nats/natsFleet';
import { inboxOf } from '../../../subscribers/fleet/nats/serverConfiguration';
import { namesIn, recording, undoable } from '../durability/powerCut';
import { cannotTrace, changesIn, interfering, rehearsing, type SystemCall } from '../durability/tracing';
import { deadPid } from '../expectedRecord';
import { audit } from './audit';
import { program, withServer } from './server';
import { untilPublished } from './untilPublished';

const serially = withServer === test ? test.serial : test.serial.skip;
const traced = cannotTrace === undefined ? serially : test.serial.skip;

let directory: string;
let fleet: TestFleet;
let web1: Member;
let web2: Member;

test.before(async () => {
  if (program === '') return;
  directory = await mkdtemp(join(tmpdir(), 'dokku-fleet-'));
  fleet = await createFleet({ program, directory, hosts: ['web1', 'web2'] });
  [web1, web2] = fleet.hosts as [Member, Member];
});

test.after.always(async () => {
  if (program === '') return;
  await fleet.remove();
  await rm(directory, { recursive: true, force: true });
});

serially(
  'G5: the mirror is byte for byte what the hosts have, and the list, events and info of it are theirs',
  async (t) => {
    const [agent1, agent2] = [await agentOf(web1), await agentOf(web2)];
    const follow = fleet.reader.start(['fleet:events', '--follow', '--format', 'jsonl']);
    await Promise.all([deploy(web1, 'shop'), deploy(web2, 'shop'), deploy(web2, 'blog')]);
    for (const [host, app] of [
      ['web1', 'shop'],
      ['web2', 'shop'],
      ['web2', 'blog'],
    ] as const) {
      await follow.until(new RegExp(`"host":"${host}"[^\\n]*BuildFinished[^\\n]*"app":"${app}"`));
    }
    await Promise.all([stop(follow), stop(agent1), stop(agent2)]);
    await sameAsHosts(t);
    const [own] = JSON.parse(await said(web1, ['list', 'shop', '--format', 'json'])) as Listed[];
    const listed = JSON.parse(
      await said(fleet.reader, ['fleet:list', '--app', 'shop', '--host', 'web1', '--format', 'json']),
    ) as object[];
    t.is(listed.length, 1);
    const { id, revision, actor } = own ?? {};
    t.like(listed[0], { id, revision, actor, host: 'web1', app: 'shop', display_status: 'succeeded' });
    const { stdout } = await onTerminal(fleet.reader, 'fleet:list --app shop --host web1 --no-color');
    const row = ['web1', 'shop', id, revision?.slice(0, 7), actor?.key ?? actor?.user, 'succeeded'];
    t.regex(stdout, /^Host +App +Build ID +Commit +Who +Status +When/m);
    t.regex(stdout, new RegExp(`^${row.join(' +')} `, 'm'));
    for (const named of [own?.id ?? '', (own?.id ?? '').slice(0, 13), 'last'])
      t.regex(await said(fleet.reader, ['fleet:info', 'shop', named]), /Host: +web1 \(heard/, named);
    t.regex((await fleet.reader.run(['fleet:info', 'shop'])).stderr, /fleet:list --app <app>/);
    t.regex(await said(fleet.reader, ['fleet:stats']), /web2\/blog +1 +100%/);
    t.regex(await said(fleet.reader, ['fleet:page']), /web2\/blog/);
  },
);

traced(
  'G1: a trigger does the same on a host that has joined, whether the server is there, gone, or silent',
  async (t) => {
    const settings = join(web1.sandbox.paths.config, 'builds', '--fleet');
    const aside = join(web1.sandbox.paths.root, 'fleet-aside');
    const filter = 'trace=%network,%file,execve,?fork,?vfork,clone,?clone3';
    const trace = async (build: string, pid: number, follow: readonly string[]): Promise<string> => {
      const log = join(web1.sandbox.paths.tmp, 'trace');
      const strace = ['strace', ...follow, '-qq', '-o', log, '-e', filter] as const;
      const trigger = (name: string): string => join(web1.sandbox.paths.plugins, 'enabled', 'builds', name);
      const start = [...strace, trigger('builds-record-start'), 'shop', build, String(pid), 'git-hook'] as const;
      expectSuccess(await web1.sandbox.run(start));
      const started = readFileSync(log, 'utf8');
      expectSuccess(await web1.sandbox.run([...strace, trigger('builds-record-finalize'), 'shop', build, '0']));
      return started + readFileSync(log, 'utf8');
    };
    const calls = async (build: string): Promise<string[]> =>
      normalized(await trace(build, web1.sandbox.process().pid, []), web1.sandbox.paths.root);
    // With what a start leaves behind, which ends at once where the process is gone.
    t.notRegex(await trace('g1eeeeeeeeeeee', deadPid, ['-f']), /--fleet|AF_INET/);
    const joined = await calls('g1aaaaaaaaaaaa');
    await fleet.server().stop();
    const gone = await calls('g1bbbbbbbbbbbb');
    await cp(settings, aside, { recursive: true });
    rmSync(settings, { recursive: true });
    const alone = await calls('g1cccccccccccc');
    await cp(aside, settings, { recursive: true });
    await fleet.restart();
    process.kill(fleet.server().pid, 'SIGSTOP');
    const silent = await calls('g1dddddddddddd');
    process.kill(fleet.server().pid, 'SIGCONT');
    for (const [name, one] of Object.entries({ joined, gone, silent })) t.deepEqual(one, alone, name);
    t.false(alone.some((call) => /--fleet|AF_INET/.test(call)));
  },
);

serially('G2: with the server gone a host answers everything as before', async (t) => {
  const ask = async (): Promise<string[]> => {
    const calls = [
      ['builds:list', 'shop'],
      ['builds:report', 'shop'],
      ['builds:events', 'shop'],
      ['builds:verify', 'shop'],
    ];
    return Promise.all(calls.map(async (call) => expectSuccess(await web1.sandbox.dokku(call)).stdout));
  };
  const before = await ask();
  await fleet.server().stop('SIGKILL');
  t.deepEqual(await ask(), before);
  await deploy(web1, 'shop');
  const pushed = await web1.run(['fleet:push']);
  t.is(pushed.code, 1);
  t.regex(pushed.stderr, /The fleet does not answer/);
  await fleet.restart();
});

serially('G3: what a server has forgotten, its end or everything, reaches it again by itself', async (t) => {
  const agent = await agentOf(web1);
  await web2.run(['fleet:push']);
  await fleet.server().stop('SIGTERM');
  await cp(join(directory, 'store'), join(directory, 'older'), { recursive: true });
  await fleet.restart();
  await deploy(web1, 'shop');
  await deploy(web1, 'new');
  await web1.run(['fleet:push']);
  await fleet.server().stop('SIGKILL');
  await rm(join(directory, 'store'), { recursive: true });
  await cp(join(directory, 'older'), join(directory, 'store'), { recursive: true });
  await fleet.restart();
  await arrived(t, web1); // the agent alone has published it
  await sameAsHosts(t);

  await fleet.server().stop('SIGKILL');
  await rm(join(directory, 'store'), { recursive: true });
  await fleet.restart();
  expectSuccess(await fleet.administrator.run(['fleet:init']));
  await arrived(t, web1);
  await stop(agent);
  expectSuccess(await web2.run(['fleet:push']));
  await sameAsHosts(t);
});

serially(
  'G4: agents that are killed while they publish, and four that publish at once, publish nothing twice',
  async (t) => {
    for (let deploys = 0; deploys < 3; deploys += 1) {
      const agent = await agentOf(web2);
      const deploying = deploy(web2, 'shop');
      agent.signal('SIGKILL');
      const other = await agentOf(web2);
      await deploying;
      other.signal('SIGKILL');
      await Promise.all([agent.finished, other.finished]);
    }
    await deploy(web2, 'shop'); // and nobody has published that
    await Promise.all(Array.from({ length: 4 }, () => web2.run(['fleet:push'])));
    await sameAsHosts(t);
    for (const { faults, branches } of (await audited()).values()) {
      t.deepEqual(faults, []);
      t.is(branches.size, 1);
    }
  },
);

serially(
  'G5: a host that was restored from a backup shows as a branch, and nothing of what it had told is lost',
  async (t) => {
    const journal = web2.sandbox.file('blog', 'events.journal');
    const backup = readFileSync(journal);
    await deploy(web2, 'blog');
    expectSuccess(await web2.run(['fleet:push']));
    const told = readFileSync(journal);
    expectSuccess(await fleet.reader.run(['fleet:verify']));
    web2.sandbox.write(journal, backup);
    expectSuccess(await web2.run(['fleet:push']));
    const verified = await fleet.reader.run(['fleet:verify', '--host', 'web2', '--app', 'blog']);
    t.is(verified.code, 1);
    const kept = /are in (\S+)$/m.exec(verified.stderr)?.[1] ?? '';
    t.true(readFileSync(kept).equals(told));
  },
);

serially('a journal that a host has lost comes back from the fleet, and publishing goes on behind it', async (t) => {
  expectSuccess(await web1.run(['fleet:push']));
  const before = readFileSync(web1.sandbox.file('shop', 'events.journal'));
  const list = await said(web1, ['list', 'shop']);
  rmSync(web1.sandbox.file('shop', ''), { recursive: true });
  // A reader on the host itself: with the key of the reader that there is.
  await cp(join(fleet.reader.sandbox.paths.root, '.config'), join(web1.sandbox.paths.root, '.config'), {
    recursive: true,
  });
  const { plugins, builds, tmp } = web1.sandbox.paths;
  const [executable, log] = [join(plugins, 'enabled', 'builds', 'bin', 'dokku-builds'), join(tmp, 'changes')];
  const by = cannotTrace === undefined ? recording(log) : ['env'];
  const names = namesIn(builds);
  const restore: readonly string[] = [...by, executable, 'fleet:restore', 'web1', 'shop'];
  const restored = await web1.sandbox.run(restore as [string, ...string[]]);
  t.regex(expectSuccess(restored).stdout, /Restored \d+ bytes/);
  if (cannotTrace === undefined) {
    const lost = undoable(log, builds, names).filter((one) => !/\.running|events\.checkpoint$/.test(one));
    t.deepEqual(lost, [], 'a power cut right after it undoes nothing');
  }
  t.true(readFileSync(web1.sandbox.file('shop', 'events.journal')).equals(before));
  t.is(await said(web1, ['list', 'shop']), list);
  t.regex(expectSuccess(await web1.run(['fleet:push'])).stdout, /Nothing new/);
  const again = await web1.run(['fleet:restore', 'web2', 'shop']);
  t.is(again.code, 1);
  t.regex(again.stderr, /has a journal of its own here/);
});

traced('a deploy that is recorded while its journal is restored stays on record', async (t) => {
  expectSuccess(await web1.run(['fleet:push']));
  const { sandbox } = web1;
  const enabled = join(sandbox.paths.plugins, 'enabled', 'builds');
  const journal = sandbox.file('shop', 'events.journal');
  const restore = [join(enabled, 'bin', 'dokku-builds'), 'fleet:restore', 'web1', 'shop'] as const;
  expectSuccess(await sandbox.run(restore)); // from now on the mirror is up to date
  const whole = readFileSync(journal);
  const beginning = whole.subarray(0, readHeader(whole)?.bytes);
  const start = (id: string) =>
    [join(enabled, 'builds-record-start'), 'shop', id, String(process.pid), 'git-hook'] as const;
  const isRecorded = (id: string): boolean => readFileSync(journal).includes(id);
  const delayed = (call: SystemCall, path?: string) => interfering(call, 'delay_enter=3000000', '/dev/null', path);

  const log = join(sandbox.paths.tmp, 'restore');
  expectSuccess(await sandbox.run(['env', ...rehearsing(log), ...restore, '--offline']));
  const rename = changesIn(log, sandbox.paths.builds).find(({ what }) => what === 'rename events.journal');
  if (rename === undefined) return t.fail('the restore renames no journal');
  sandbox.write(journal, beginning);
  const renaming = sandbox.run(['env', ...delayed(rename), ...restore, '--offline']);
  await until(() => readdirSync(sandbox.file('shop', '')).some((name) => /^\.events\.journal\..*tmp$/.test(name)));
  expectSuccess(await sandbox.run(start('before')));
  await renaming;
  t.true(isRecorded('before'));

  sandbox.write(journal, beginning);
  const appending = sandbox.run(['env', ...delayed({ call: 'write', nth: 1 }, journal), ...start('after')]);
  await until(() => isOpen(journal));
  expectSuccess(await sandbox.run([...restore, '--offline']));
  expectSuccess(await appending);
  t.true(readFileSync(journal).subarray(0, whole.length).equals(whole));
  t.true(isRecorded('after'));
  return undefined;
});

serially('a running build of a host that does not answer is unknown, however lately it was heard', async (t) => {
  const { sandbox } = web2;
  expectSuccess(await sandbox.trigger('builds-record-start', ['blog', 'unheard', String(process.pid), 'git-hook']));
  expectSuccess(await web2.run(['fleet:push']));
  const { stdout, stderr } = await fleet.reader.run(['fleet:list', '--host', 'web2']);
  t.regex(stdout, /^web2 +blog +unheard +build +unknown, last heard \d+s ago /m);
  t.regex(stderr, /Host web2 was last heard \d+s ago; what it has done since is not known/);
  const page = await said(fleet.reader, ['fleet:page']);
  t.regex(page, /<td class=unknown>unknown/);
  t.regex(page, /<p class=note>Host web2 was last heard at [^<]*; what it has done since is not known/);
  const { id, seed } = readerKey();
  const library = openFleet({ servers: [fleet.url], id, seed, mirror: join(directory, 'library') });
  await library.refresh();
  t.is(library.list({ host: 'web2', app: 'blog' })[0]?.display_status, 'unknown');
  t.true(library.hosts().find(({ name }) => name === 'web2')?.silent);
  expectSuccess(await sandbox.trigger('builds-record-finalize', ['blog', 'unheard', '0']));
});

serially('fleet:watch asks again which builds run: those of a host that answers no more are unknown', async (t) => {
  const { sandbox } = web2;
  t.timeout(60_000);
  const pid = String(process.pid);
  const agent = await agentOf(web2);
  expectSuccess(await sandbox.trigger('builds-record-start', ['blog', 'watched', pid, 'git-hook']));
  const shown = `stty cols 80 rows 24; exec ${executableOf(web1)} fleet:watch --host web2`;
  const watching = fleet.reader.sandbox.start(['script', '-qec', shown, '/dev/null']);
  const row = (sign: string): RegExp => new RegExp(`web2/blog +(?:\u001b\\[[0-9;]*m)*${sign}`);
  await t.notThrowsAsync(watching.until(row('▶ running')));
  agent.signal('SIGKILL');
  await agent.finished;
  expectSuccess(await web1.run(['fleet:push'])); // news, so that it does not wait for half a minute
  await t.notThrowsAsync(watching.until(row('\\? unknown')));
  watching.signal('SIGTERM');
  await watching.finished;
  expectSuccess(await sandbox.trigger('builds-record-finalize', ['blog', 'watched', '0']));
});

serially('G6: with the server gone a list says how old it is, and who has left is said to have', async (t) => {
  await fleet.server().stop('SIGKILL');
  const { stdout, stderr } = await fleet.reader.run(['fleet:list', '--app', 'shop']);
  t.regex(stdout, /^Host .* Heard$/m);
  t.regex(stderr, /The fleet does not answer \(.*\); this was read \d+s ago/);
  t.regex((await fleet.reader.run(['fleet:list', '--offline'])).stderr, /This was read \d+s ago/);
  await fleet.restart();
  expectSuccess(await web2.run(['fleet:leave']));
  t.false(readdirSync(join(web2.sandbox.paths.config, 'builds')).includes('--fleet'));
  const listed = await fleet.reader.run(['fleet:list', '--host', 'web2', '--app', 'shop']);
  t.regex(listed.stderr, /Host web2 left the fleet \d+s ago/);
  t.notRegex(listed.stdout, /gone/);
  t.is((await web2.run(['fleet:push'])).code, 1);
});

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await wait(10);
}

/** Whether a process has the file at `path` open. */
function isOpen(path: string): boolean {
  return readdirSync('/proc').some((pid) => {
    try {
      return (
        /^\d+$/.test(pid) && readdirSync(`/proc/${pid}/fd`).some((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`) === path)
      );
    } catch {
      return false; // it has ended, or is another user's
    }
  });
}

async function agentOf(host: Member): Promise<Running> {
  const agent = host.start(['fleet:agent']);
  await agent.until('Publishing');
  return agent;
}

async function stop(running: Running): Promise<void> {
  running.signal('SIGTERM');
  await running.finished;
}

async function said(member: Member, args: readonly string[]): Promise<string> {
  return expectSuccess(await member.run(args)).stdout;
}

interface Listed {
  readonly id: string;
  readonly revision: string;
  readonly actor: { readonly user?: string; readonly key?: string };
}

function executableOf({ sandbox }: Member): string {
  return join(sandbox.paths.plugins, 'enabled', 'builds', 'bin', 'dokku-builds');
}

/** Runs a command on a terminal of 80 columns. */
function onTerminal(member: Member, command: string): ReturnType<Sandbox['run']> {
  const shown = `stty cols 80 -opost; ${executableOf(member)} ${command}`;
  return member.sandbox.run(['script', '-qec', shown, '/dev/null'], { env: { TERM: 'xterm', SHELL: '/bin/sh' } });
}

async function deploy({ sandbox }: Member, app: string): Promise<void> {
  if ((await sandbox.dokku(['apps:exists', app])).code !== 0) await sandbox.createApp(app);
  expectSuccess(await sandbox.push(app, { build: script('true') }));
}

/** Waits until the stream has everything that the host has, byte for byte. */
async function arrived(t: ExecutionContext, host: Member): Promise<void> {
  const { id, ...user } = readerKey();
  const reading = await connectNats({ servers: [fleet.url], user, inbox: inboxOf(id), name: 'arrived' });
  try {
    await untilPublished(t, reading, 'the journals of the host were published', async () => {
      const published = [...(await audited()).values()].map(({ branches }) => [...branches.values()].at(-1));
      return [...journalsOf(host).values()].every((own) => published.some((bytes) => bytes?.equals(own)));
    });
  } finally {
    await reading.close();
  }
}

/** Everything that both hosts have is in the mirror and in the stream, byte for byte. */
async function sameAsHosts(t: ExecutionContext): Promise<void> {
  for (const host of [web1, web2]) expectSuccess(await host.run(['fleet:push']));
  await fleet.reader.run(['fleet:verify']);
  const cache = join(fleet.reader.sandbox.paths.root, '.cache', 'dokku-builds');
  const [mirror = ''] = readdirSync(cache);
  const stream = await audited();
  for (const host of [web1, web2]) {
    const id = host.line.split('/')[1] ?? '';
    const journals = join(cache, mirror, 'journals', id);
    const copies = new Map(
      readdirSync(journals).map((journal) => [journal, readFileSync(join(journals, journal, 'events.journal'))]),
    );
    for (const [app, own] of journalsOf(host)) {
      const copy = [...copies].find(([, bytes]) => bytes.equals(own));
      t.truthy(copy, `${host.name}/${app} in the mirror`);
      const branches = [...(stream.get(copy?.[0] ?? '')?.branches.values() ?? [])];
      t.true(branches.at(-1)?.equals(own), `${host.name}/${app} in the stream`);
    }
  }
}

/** The bytes of the journals of a host, by app. */
function journalsOf({ sandbox }: Member): Map<string, Buffer> {
  const { builds } = sandbox.paths;
  const apps = readdirSync(builds).filter((name) => /^[a-z]/.test(name));
  const pathOf = (app: string): string => join(builds, app, 'events.journal');
  return new Map(apps.filter((app) => existsSync(pathOf(app))).map((app) => [app, readFileSync(pathOf(app))]));
}

function audited(): ReturnType<typeof audit> {
  const { id, seed } = readerKey();
  return audit(fleet.url, seed, id);
}

function readerKey(): { readonly id: string; readonly key: string; readonly seed: string } {
  const config = join(fleet.reader.sandbox.paths.root, '.config', 'dokku-builds', 'fleet-reader');
  const [, id = '', key = ''] = fleet.reader.line.split('/');
  return { id, key, seed: readFileSync(join(config, 'seed'), 'utf8').trim() };
}

/**
 * What a program does to files and to the network, without the numbers that differ from call to call; each thing once.
 */
function normalized(trace: string, root: string): string[] {
  const calls = trace.split('\n').flatMap((line) => {
    const [, call = '', rest = ''] = /^(?:\d+ +)?(\w+)\((.*)/.exec(line) ?? [];
    const name = /"([^"]*)"/.exec(rest)?.[1] ?? rest.replace(/0x[0-9a-f]+|\d+/g, 'N');
    if (call === '' || rest.includes('CLONE_THREAD') || name.startsWith('/proc/') || name.startsWith('/sys/'))
      return [];
    return [
      `${call} ${name
        .replace(root, '')
        .replace(/g1[a-z]{12}/g, 'ID')
        .replace(/\d+-\d+\.tmp/, 'N.tmp')}`,
    ];
  });
  return [...new Set(calls)].sort();
}
