import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs, { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import test, { type ExecutionContext } from 'ava';

import { Failure } from '../../../host/failure';
import {
  type CancelSignal,
  identifyProcess,
  isAlive,
  isGroupAlive,
  processGroupOf,
  type ProcessIdentity,
  ProcessGone,
  signalGroup,
  signalTarget,
} from '../../../host/system/processes';
import { pause } from '../../../host/system/pause';
import { asRoot, asUser, temporaryDirectory } from '../../temporaryHost';

const ANOTHER_BOOT = '11111111-2222-3333-4444-555555555555';
const NOBODY = 65534;

/** A process that runs until the test has ended, by default in a process group of its own. */
async function sleeper(
  t: ExecutionContext,
  options: { detached?: boolean; uid?: number } = {},
): Promise<ChildProcess & { pid: number }> {
  const child = spawn('sleep', ['3600'], { stdio: 'ignore', cwd: temporaryDirectory(t), detached: true, ...options });
  t.teardown(() => child.kill('SIGKILL'));
  await once(child, 'spawn');
  return child as ChildProcess & { pid: number };
}

/** A pid that no process has: of one that has ended and was waited for. */
async function endedProcess(): Promise<ProcessIdentity> {
  const child = spawn('cat', { stdio: ['pipe', 'ignore', 'ignore'] });
  await once(child, 'spawn');
  const identity = identifyProcess(child.pid ?? 0);
  child.stdin.end();
  await once(child, 'exit');
  return identity;
}

/** A process in a group of its own, whose parent waits for it, so that nothing of it stays when it has ended. */
async function reapedProcess(t: ExecutionContext): Promise<number> {
  const shell = spawn('bash', ['-c', 'set -m; sleep 3600 & echo $!; wait'], {
    stdio: ['ignore', 'pipe', 'ignore'],
    cwd: temporaryDirectory(t),
  });
  const [line] = (await once(shell.stdout, 'data')) as [Buffer];
  const pid = Number(line.toString());
  t.teardown(() => isThere(pid) && process.kill(pid, 'SIGKILL')); // then the shell ends, too
  return pid;
}

/** Calls `first` before the next directory is read. */
function beforeReaddir(t: ExecutionContext, first: () => void): void {
  const { readdirSync } = fs;
  t.teardown(() => Object.assign(fs, { readdirSync }));
  Object.assign(fs, {
    readdirSync: (...args: Parameters<typeof readdirSync>) => {
      Object.assign(fs, { readdirSync });
      first();
      return readdirSync(...args);
    },
  });
}

/** A mount of /proc that shows of each given process only this stat line, and hides all others. */
function fakeProc(t: ExecutionContext, stats: Record<number, string> = {}, bootId?: string): string {
  const proc = temporaryDirectory(t);
  for (const [pid, stat] of Object.entries(stats)) {
    mkdirSync(join(proc, pid));
    writeFileSync(join(proc, pid, 'stat'), stat);
  }
  if (bootId !== undefined) {
    mkdirSync(join(proc, 'sys/kernel/random'), { recursive: true });
    writeFileSync(join(proc, 'sys/kernel/random/boot_id'), `${bootId}\n`);
  }
  return proc;
}

/** A line as /proc/<pid>/stat has it: state is field 3, the group field 5, the start time field 22. */
function statLine(fields: { pid: number; command?: string; state?: string; group?: number; startTicks?: number }) {
  const { pid, command = 'bash', state = 'S', group = pid, startTicks = 1000 } = fields;
  const between = Array.from({ length: 16 }, (_, n) => n + 6).join(' '); // fields 6 to 21
  return `${pid} (${command}) ${state} 1 ${group} ${between} ${startTicks} 23 24 25\n`;
}

/**
 * Runs `work` and returns the signals it would have sent. None is: a refusal that is broken would reach every process
 * of the machine, and the very one that runs this spec.
 */
function signalsOf(work: () => void): [pid: number, signal: string | number | undefined][] {
  const sent: ReturnType<typeof signalsOf> = [];
  const kill = process.kill.bind(process);
  process.kill = (pid, signal) => {
    if (signal === 0) return kill(pid, 0);
    sent.push([pid, signal]);
    return true;
  };
  try {
    work();
  } finally {
    process.kill = kill;
  }
  return sent;
}

/** Waits for a state that no event tells of. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

test.serial('a group whose last process ends while /proc is read is not taken for a hidden one', async (t) => {
  const { pid } = await endedProcess();
  const left = await reapedProcess(t);
  const identity = { pid, group: left };
  t.true(isGroupAlive(identity), 'it runs');
  t.true(isGroupAlive(identity, fakeProc(t)), 'it runs, and is hidden');
  beforeReaddir(t, () => {
    process.kill(left, 'SIGKILL');
    while (isThere(left)) pause(1);
  });
  t.false(isGroupAlive(identity));
});

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

test('a process is identified by pid, start time and boot', async (t) => {
  const { pid } = await sleeper(t);
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(' ');
  const bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  t.deepEqual(identifyProcess(pid), { pid, group: Number(fields[4]), startTicks: Number(fields[21]), bootId });
});

test('two processes that started at different times are told apart', async (t) => {
  const first = identifyProcess(process.pid);
  const second = identifyProcess((await sleeper(t)).pid);
  t.not(first.startTicks, second.startTicks);
  t.is(first.bootId, second.bootId);
});

test('the name of the command may hold brackets, blanks and line breaks', (t) => {
  const command = ') Z 1 1 (\n a b) R';
  const proc = fakeProc(t, { 4242: statLine({ pid: 4242, command, group: 77, startTicks: 123456789 }) });
  t.is(identifyProcess(4242, proc).startTicks, 123456789);
  t.is(processGroupOf(4242, proc), 77);
});

test('facts that cannot be read are absent', (t) => {
  const { pid } = process;
  t.deepEqual(identifyProcess(pid, fakeProc(t)), { pid });
  t.deepEqual(identifyProcess(pid, fakeProc(t, {}, ANOTHER_BOOT)), { pid, bootId: ANOTHER_BOOT });
  t.deepEqual(identifyProcess(pid, fakeProc(t, { [pid]: 'nonsense' })), { pid });
  t.deepEqual(identifyProcess(-1, '/proc').startTicks, undefined);
});

test('a process that has ended already is known to have ended, whichever process gets its pid', async (t) => {
  const { pid } = await endedProcess();
  const identity = identifyProcess(pid);
  t.is(identity.startTicks, 0);
  const { pid: other } = await sleeper(t);
  t.false(isAlive({ ...identity, pid: other }));
  const hidden = identifyProcess(other, fakeProc(t));
  t.is(hidden.startTicks, undefined); // it answers, so nothing is known of when it began
});

test('a running process is alive, with all facts and with the pid alone', async (t) => {
  const { pid } = await sleeper(t);
  t.true(isAlive(identifyProcess(pid)));
  t.true(isAlive({ pid }));
});

test('an ended process is dead, with all facts and with the pid alone', async (t) => {
  const identity = await endedProcess();
  t.not(identity.startTicks, undefined);
  t.false(isAlive(identity));
  t.false(isAlive({ pid: identity.pid }));
  t.false(isAlive(identity, fakeProc(t, { [identity.pid]: statLine(identity) }))); // the kernel's word counts
});

test('a process of an earlier boot is dead, even when all else agrees', async (t) => {
  const { pid } = await sleeper(t);
  const identity = identifyProcess(pid);
  t.false(isAlive({ ...identity, bootId: ANOTHER_BOOT }));
  t.false(isAlive(identity, fakeProc(t, { [pid]: readFileSync(`/proc/${pid}/stat`, 'utf8') }, ANOTHER_BOOT)));
});

test('a boot id that cannot be compared is not used', async (t) => {
  const { pid } = await sleeper(t);
  const proc = fakeProc(t, { [pid]: readFileSync(`/proc/${pid}/stat`, 'utf8') });
  t.true(isAlive(identifyProcess(pid), proc));
});

test('a pid that now belongs to a process with another start time is dead', async (t) => {
  const { pid } = await sleeper(t);
  const identity = identifyProcess(pid);
  t.false(isAlive({ ...identity, startTicks: (identity.startTicks ?? 0) - 1 }));
});

test('a zombie is dead', async (t) => {
  // sleep does not wait for the child that the shell, whose place it takes, has started
  const child = 'while [ "$(cat /proc/$$/comm)" != sleep ]; do :; done'; // $$ is the shell that has started it
  const parent = spawn('sh', ['-c', `{ ${child}; } & echo $!; exec sleep 3600`], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  t.teardown(() => parent.kill('SIGKILL'));
  const [said] = (await once(parent.stdout, 'data')) as [Buffer];
  const pid = Number(said.toString());
  await until(() => readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z '));
  t.true(process.kill(pid, 0));
  t.false(isAlive({ pid }));
  t.false(isAlive(identifyProcess(pid)));
});

test('a process in state X is dead', async (t) => {
  const { pid } = await sleeper(t);
  t.false(isAlive({ pid }, fakeProc(t, { [pid]: statLine({ pid, state: 'X' }) })));
  t.true(isAlive({ pid }, fakeProc(t, { [pid]: statLine({ pid, state: 'D' }) })));
});

test('a process that /proc hides is alive as long as the kernel knows it', async (t) => {
  const { pid } = await sleeper(t);
  const hidden = fakeProc(t);
  t.true(isAlive(identifyProcess(pid), hidden));
  t.false(isAlive(await endedProcess(), hidden));
});

test('a stat that makes no sense is not a proof of death', async (t) => {
  const { pid } = await sleeper(t);
  t.true(isAlive(identifyProcess(pid), fakeProc(t, { [pid]: '' })));
});

test('a number that cannot be a pid is dead', (t) => {
  for (const pid of [0, -1, 1.5, NaN, Infinity, 2 ** 31, 2 ** 53]) t.false(isAlive({ pid }), String(pid));
});

test('init is another user’s process to anyone but root, and alive', (t) => {
  t.true(isAlive({ pid: 1 }));
  t.true(isAlive(identifyProcess(1)));
});

asRoot('a process of another user is alive, in sight and hidden', async (t) => {
  const { pid } = await sleeper(t, { uid: 65533 });
  const identity = identifyProcess(pid);
  const hidden = fakeProc(t);
  asUser(NOBODY, () => {
    t.throws(() => process.kill(pid, 0), { code: 'EPERM' });
    t.true(isAlive(identity));
    t.true(isAlive(identity, hidden));
    t.false(isAlive({ ...identity, startTicks: 1 }));
    t.false(isAlive({ ...identity, bootId: ANOTHER_BOOT }, '/proc'));
  });
});

asRoot('a process in a directory of /proc that may not be entered is alive', async (t) => {
  const { pid } = await sleeper(t, { uid: 65533 });
  const proc = fakeProc(t, { [pid]: statLine({ pid, state: 'Z' }) });
  asUser(NOBODY, () => {
    t.false(isAlive({ pid }, proc)); // readable, it is believed
  });
  chmodSync(join(proc, String(pid)), 0o700);
  asUser(NOBODY, () => {
    t.throws(() => readFileSync(join(proc, String(pid), 'stat')), { code: 'EACCES' });
    t.true(isAlive({ pid }, proc));
  });
});

test('the process group is read', async (t) => {
  const own = processGroupOf(process.pid);
  const leader = await sleeper(t);
  const member = await sleeper(t, { detached: false });
  t.is(processGroupOf(leader.pid), leader.pid);
  t.is(processGroupOf(member.pid), own);
  t.is(processGroupOf((await endedProcess()).pid), undefined);
});

test('a signal reaches the whole group of the process', async (t) => {
  // no shell, which may ignore SIGQUIT, or let its children do so
  const script = `const child = require('child_process').spawn('sleep', ['3600']); child.on('spawn', () => console.log(child.pid))`;
  const leader = spawn(process.execPath, ['-e', script], {
    detached: true,
    stdio: ['ignore', 'pipe', 'ignore'],
    cwd: temporaryDirectory(t),
  });
  t.teardown(() => leader.kill('SIGKILL'));
  const [said] = (await once(leader.stdout, 'data')) as [Buffer];
  const member = Number(said.toString());
  t.true(isAlive({ pid: member }));
  const identity = identifyProcess(leader.pid ?? 0);

  t.deepEqual(signalProcessGroup(identity, 'SIGQUIT'), { group: leader.pid });
  t.deepEqual(await once(leader, 'exit'), [null, 'SIGQUIT']);
  await until(() => !isAlive({ pid: member }));
  t.throws(() => signalProcessGroup(identity, 'SIGQUIT'), { instanceOf: ProcessGone });
});

test('a member of the group is enough to signal it by', async (t) => {
  const leader = await sleeper(t);
  const proc = fakeProc(t, {
    [leader.pid]: statLine({ pid: leader.pid, group: leader.pid }),
    [process.pid]: statLine({ pid: process.pid, group: process.pid }),
  });
  t.deepEqual(signalProcessGroup({ pid: leader.pid, startTicks: 1000 }, 'SIGQUIT', proc), { group: leader.pid });
  t.deepEqual(await once(leader, 'exit'), [null, 'SIGQUIT']);
});

test('a pid that was given to another process is not signalled', async (t) => {
  const bystander = await sleeper(t);
  const { pid } = bystander;
  const identity = identifyProcess(pid);
  const before = { ...identity, startTicks: (identity.startTicks ?? 0) - 1 };
  const error = t.throws(() => signalProcessGroup(before, 'SIGQUIT'), { instanceOf: ProcessGone });
  t.is(error.message, `process ${pid} is gone`);
  t.throws(() => signalProcessGroup({ ...identity, bootId: ANOTHER_BOOT }, 'SIGQUIT'), { instanceOf: ProcessGone });
  t.true(isAlive(identity));
  t.is(bystander.signalCode, null);
});

test('the groups 0 and 1 are refused with a reason', async (t) => {
  const { pid } = await sleeper(t);
  const own = statLine({ pid: process.pid, group: 4242 });
  for (const group of [0, 1]) {
    const proc = fakeProc(t, { [pid]: statLine({ pid, group }), [process.pid]: own });
    const sent = signalsOf(() => {
      const error = t.throws(() => signalProcessGroup({ pid }, 'SIGQUIT', proc), { instanceOf: Failure });
      t.regex(error.message, new RegExp(`^refusing to signal process group ${group}: it is the group of `));
    });
    t.deepEqual(sent, []);
  }
});

test('our own group is refused, and so is one that might be it', async (t) => {
  const { pid } = await sleeper(t);
  const stat = statLine({ pid, group: 4242 });
  const known = fakeProc(t, { [pid]: stat, [process.pid]: statLine({ pid: process.pid, group: 4242 }) });
  const unknown = fakeProc(t, { [pid]: stat });
  const sent = signalsOf(() => {
    t.throws(() => signalProcessGroup({ pid }, 'SIGQUIT', known), {
      message: 'refusing to signal process group 4242: it is the group of this process',
    });
    t.throws(() => signalProcessGroup({ pid }, 'SIGQUIT', unknown), {
      message: 'refusing to signal process group 4242: the group of this process could not be read to compare',
    });
  });
  t.deepEqual(sent, []);
});

test('a hidden process is not signalled by guess', async (t) => {
  const { pid } = await sleeper(t);
  t.throws(() => signalProcessGroup({ pid }, 'SIGQUIT', fakeProc(t)), {
    instanceOf: Failure,
    message: `not permitted to read the process group of process ${pid}`,
  });
});

asRoot('a group of another user’s processes is not permitted', async (t) => {
  const { pid } = await sleeper(t, { uid: 65533 });
  const error = asUser(NOBODY, () =>
    t.throws(() => signalProcessGroup(identifyProcess(pid), 'SIGQUIT'), { instanceOf: Failure }),
  );
  t.is(error.message, `not permitted to signal process group ${pid}`);
  t.true(isAlive({ pid }));
});

function signalProcessGroup(identity: ProcessIdentity, signal: CancelSignal, proc?: string): { group: number } {
  const group = signalTarget(identity, proc);
  signalGroup(identity.pid, group, signal);
  return { group };
}
