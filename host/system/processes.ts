import { readdirSync, readFileSync } from 'node:fs';

import { errorCode, Failure } from '../failure';

const PROC = '/proc';

/** Which process it is. A pid alone is used again; together with the start and the boot it is not. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Its process group (field 5 of `/proc/<pid>/stat`). */
  readonly group?: number;
  /**
   * When it started: clock ticks since the host booted (field 22 of `/proc/<pid>/stat`); {@link ENDED_BEFORE} when it
   * had ended already.
   */
  readonly startTicks?: number;
  /** Which boot of the host it belongs to (`/proc/sys/kernel/random/boot_id`). */
  readonly bootId?: string;
}

/** The process has ended, or its pid now belongs to another. */
export class ProcessGone extends Failure {
  constructor(pid: number) {
    super(`process ${pid} is gone`);
  }
}

/** Of a process that was gone when it was asked for: with this boot, no process that ever gets its pid has it. */
const ENDED_BEFORE = 0;

/**
 * What can be known now of the process `pid`. A fact that cannot be read is absent. `proc` is where /proc is mounted.
 */
export function identifyProcess(pid: number, proc = PROC): ProcessIdentity {
  const stat = isPossiblePid(pid) ? readStat(pid, proc) : undefined;
  const startTicks = stat?.startTicks ?? (isPossiblePid(pid) && !answers(pid) ? ENDED_BEFORE : undefined);
  const bootId = readBootId(proc);
  return {
    pid,
    ...(stat && stat.group > 0 && { group: stat.group }),
    ...(startTicks !== undefined && { startTicks }),
    ...(bootId !== undefined && { bootId }),
  };
}

/**
 * Whether that very process runs: not one of an earlier boot, not a zombie, not another that got its pid since. Where
 * the facts are missing the pid alone decides, and where /proc hides a process (hidepid) the kernel's answer to signal
 * 0 does: a process that cannot be looked at is never taken for dead.
 */
export function isAlive(identity: ProcessIdentity, proc = PROC): boolean {
  const { pid, startTicks } = identity;
  if (!isPossiblePid(pid) || isOfAnotherBoot(identity, proc) || !answers(pid)) return false;
  const stat = readStat(pid, proc);
  if (stat === undefined) return answers(pid); // hidden, or ended just now
  return runs(stat) && (startTicks === undefined || startTicks === stat.startTicks);
}

/**
 * Whether that very process runs, or a process that it left behind in its process group: after a `kill -9` of a deploy
 * its children can go on. A member of the group whose line of parents leads to an older member is not counted: the
 * group belongs to a script that calls more than this one deploy.
 */
export function isGroupAlive(identity: ProcessIdentity, proc = PROC): boolean {
  if (isAlive(identity, proc)) return true;
  const { pid, group = pid, startTicks = 0 } = identity;
  if (group <= 1 || isOfAnotherBoot(identity, proc) || !answers(-group)) return false;
  const leader = readStat(group, proc);
  // the number is used again
  if (group === pid && leader !== undefined && leader.startTicks !== startTicks) return false;
  const members = membersOf(group, proc);
  if (members.size === 0) return answers(-group); // hidden, unless the last one has ended just now
  return [...members.values()].some((member) => runs(member) && eldest(member, members).startTicks >= startTicks);
}

function membersOf(group: number, proc: string): ReadonlyMap<number, ProcessStat> {
  const members = new Map<number, ProcessStat>();
  for (const name of readdirSync(proc)) {
    const stat = /^\d+$/.test(name) ? readStat(Number(name), proc) : undefined;
    if (stat?.group === group) members.set(Number(name), stat);
  }
  return members;
}

/** The member of the group that `member` descends from, or itself. */
function eldest(member: ProcessStat, members: ReadonlyMap<number, ProcessStat>): ProcessStat {
  const parent = members.get(member.parent);
  return parent === undefined || parent === member ? member : eldest(parent, members);
}

/**
 * The pid of a process that this one left behind in its group; undefined if there is none, or none that can be seen.
 */
export function leftBehindBy({ pid, group = pid }: ProcessIdentity): number | undefined {
  for (const [member, stat] of membersOf(group, PROC)) if (member !== pid && runs(stat)) return member;
  return undefined;
}

/** The arguments that the process was started with, the program first; none if that cannot be read. */
export function commandLineOf(pid: number): string[] {
  return (readText(`${PROC}/${pid}/cmdline`) ?? '').split('\0').slice(0, -1);
}

/** The process group of a process; undefined when it is gone or cannot be looked at. */
export function processGroupOf(pid: number, proc = PROC): number | undefined {
  return isPossiblePid(pid) ? readStat(pid, proc)?.group : undefined;
}

/**
 * The process group that a signal to this process's group would reach. Throws {@link ProcessGone} when that very
 * process does not run, and {@link Failure} when its group must not be signalled: 0 and 1 would reach processes that
 * have nothing to do with it, and our own would end this program in mid-work.
 */
export function signalTarget(identity: ProcessIdentity, proc = PROC): number {
  if (!isAlive(identity, proc)) throw new ProcessGone(identity.pid);
  const group = processGroupOf(identity.pid, proc);
  if (group === undefined) throw unreadable(identity.pid);
  const refusal = reasonToRefuse(group, processGroupOf(process.pid, proc));
  if (refusal !== undefined) throw new Failure(`refusing to signal process group ${group}: ${refusal}`);
  signalGroup(identity.pid, group, 0);
  return group;
}

/** The signals that end a deploy, from the usual one to the one that no process can catch. */
export type CancelSignal = 'SIGQUIT' | 'SIGTERM' | 'SIGKILL';

/**
 * Sends `signal` to the process group `group`, which {@link signalTarget} gave for the process `pid` just before.
 * Signal 0 only asks whether it may be sent. Throws {@link ProcessGone}, and {@link Failure} if it is not permitted.
 */
export function signalGroup(pid: number, group: number, signal: CancelSignal | 0): void {
  try {
    process.kill(-group, signal);
  } catch (error) {
    if (errorCode(error) === 'EPERM') throw new Failure(`not permitted to signal process group ${group}`);
    if (errorCode(error) === 'ESRCH') throw new ProcessGone(pid);
    throw error;
  }
}

/** USER_HZ, in which /proc counts: 100 on every Linux that Dokku runs on. */
const TICKS_PER_SECOND = 100;

/** When the process with this pid started, ms since the epoch, to about a second; undefined when it cannot be told. */
export function startTimeOf(pid: number): number | undefined {
  const ticks = isPossiblePid(pid) ? readStat(pid, PROC)?.startTicks : undefined;
  const booted = /^btime (\d+)$/m.exec(readText(`${PROC}/stat`) ?? '')?.[1];
  if (ticks === undefined || booted === undefined) return undefined;
  return (Number(booted) + ticks / TICKS_PER_SECOND) * 1000;
}

function unreadable(pid: number): Failure {
  if (!answers(pid)) return new ProcessGone(pid);
  return new Failure(`not permitted to read the process group of process ${pid}`);
}

function reasonToRefuse(group: number, own: number | undefined): string | undefined {
  if (group === 0) return 'it is the group of the kernel, or one outside this container';
  if (group === 1) return 'it is the group of init, and signalling it would reach every process';
  if (own === undefined) return 'the group of this process could not be read to compare';
  if (group === own) return 'it is the group of this process';
  return undefined;
}

function isPossiblePid(pid: number): boolean {
  return Number.isSafeInteger(pid) && pid >= 1;
}

function isOfAnotherBoot(identity: ProcessIdentity, proc: string): boolean {
  if (identity.bootId === undefined) return false;
  const bootId = readBootId(proc);
  return bootId !== undefined && bootId !== identity.bootId;
}

/** Whether the kernel knows the pid. `EPERM` says that it does, and that the process is another user's. */
function answers(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errorCode(error) === 'EPERM';
  }
}

interface ProcessStat {
  /** One letter; `Z` is a zombie, `X` a dead process. */
  readonly state: string;
  readonly parent: number;
  readonly group: number;
  readonly startTicks: number;
}

function runs(stat: ProcessStat): boolean {
  return stat.state !== 'Z' && stat.state !== 'X' && stat.state !== 'x';
}

/** From `/proc/<pid>/stat`, described in proc(5); undefined when it cannot be read or is nothing like it. */
function readStat(pid: number, proc: string): ProcessStat | undefined {
  const text = readText(`${proc}/${pid}/stat`);
  if (text === undefined) return undefined;
  // The second field is the command's name in brackets and may hold anything, brackets and blanks too.
  const [state, parent, group, ...later] = text
    .slice(text.lastIndexOf(')') + 1)
    .trim()
    .split(' ');
  const startTicks = later[16]; // field 22; `group` was field 5
  if (!state || !isNumber(parent) || !isNumber(group) || !isNumber(startTicks)) return undefined;
  return { state, parent: Number(parent), group: Number(group), startTicks: Number(startTicks) };
}

function isNumber(text: string | undefined): text is string {
  return text !== undefined && /^-?\d+$/.test(text);
}

const bootIds = new Map<string, string | undefined>(); // by mount of /proc; no process outlives its boot

function readBootId(proc: string): string | undefined {
  if (!bootIds.has(proc)) {
    bootIds.set(proc, readText(`${proc}/sys/kernel/random/boot_id`)?.trim() || undefined);
  }
  return bootIds.get(proc);
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8'); // native, where every other encoding is JavaScript
  } catch {
    return undefined;
  }
}
