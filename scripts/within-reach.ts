import { spawnSync } from 'node:child_process';
import { accessSync, chmodSync, constants, copyFileSync, mkdtempSync, rmSync, statfsSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** What the specs run with. */
export interface Surroundings {
  readonly node: string;
  readonly env: NodeJS.ProcessEnv;
  /** What is other than usual, a sentence each. */
  readonly notes: readonly string[];
  readonly remove: () => void;
}

/**
 * For specs that run no program: this node, and temporary files in memory if the system has a file system for that.
 * They write and sync thousands of files, and a disk would take longer than all the rest.
 */
export function unitSurroundings(): Surroundings {
  const usual = usualSurroundings();
  if (usual.env['TMPDIR'] !== undefined || !hasRoomInMemory()) return usual;
  return { ...usual, env: { ...usual.env, TMPDIR: MEMORY } };
}

function usualSurroundings(): Surroundings {
  return { node: process.execPath, env: { ...process.env }, notes: [], remove: () => undefined };
}

const MEMORY = '/dev/shm';

/** Containers often have only 64 MB. */
function hasRoomInMemory(): boolean {
  try {
    accessSync(MEMORY, constants.W_OK | constants.X_OK);
    const { type, bavail, bsize } = statfsSync(MEMORY);
    return type === 0x01021994 /* tmpfs */ && bavail * bsize >= 512 * 1024 * 1024;
  } catch {
    return false;
  }
}

/**
 * Some specs of root run programs as another user, who has to get to the temporary files and to node. Where a private
 * $TMPDIR, or a node below /root, is out of that user's reach, /tmp and a copy of node are used.
 */
export function surroundings(): Surroundings {
  const usual = usualSurroundings();
  const env = { ...usual.env };
  const notes: string[] = [];
  if (process.getuid?.() !== 0 || !succeedsForOthers('true')) return usual;

  const directory = os.tmpdir();
  if (!succeedsForOthers('test', '-x', directory)) {
    env['TMPDIR'] = '/tmp';
    notes.push(`Specs use /tmp: other users, as whom some of them run, cannot get into ${directory}`);
  }
  if (succeedsForOthers(process.execPath, '--version')) return { ...usual, env, notes };
  notes.push(`Specs use a copy of node: other users, as whom some of them run, cannot run ${process.execPath}`);
  const bin = mkdtempSync(path.join(env['TMPDIR'] ?? directory, 'dokku-builds-node-'));
  const node = path.join(bin, 'node');
  copyFileSync(process.execPath, node, constants.COPYFILE_FICLONE);
  for (const made of [bin, node]) chmodSync(made, 0o755);
  env['PATH'] = `${bin}:${env['PATH'] ?? ''}`;
  const remove = (): void => {
    rmSync(bin, { recursive: true, force: true });
  };
  return { node, env, notes, remove };
}

/** Whom specs run programs as: nobody, on every Linux. */
const NOBODY = 65534;

function succeedsForOthers(program: string, ...args: string[]): boolean {
  return spawnSync(program, args, { uid: NOBODY, gid: NOBODY, cwd: '/', stdio: 'ignore' }).status === 0;
}
