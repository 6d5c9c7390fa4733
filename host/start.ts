import * as fs from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { Script } from 'node:vm';

import { CODE_CACHE, everydayCommands } from './everyday';

/*
 * What `node lib/dokku-builds.js` runs: the program beside it, with the code that V8 made of it the last time. Without, V8 compiles it at
 * every call, which takes longer than all that the program does. The first call of each everyday command makes the cache, beside
 * the program, where its user may write; one that is not this program's, not this Node's or not whole is ignored and made
 * anew. That it is missing or cannot be written is no reason to fail, or to say anything.
 */

/** A digest of the programs, 16 characters; put here by the build. */
declare const PROGRAM_DIGEST: string;

type Program = (...scope: readonly unknown[]) => void;

/** Whose cache it is. V8 takes that of another Node with the same V8, and what it then runs is not the program. */
const owner = `${PROGRAM_DIGEST} ${process.version} ${process.arch}\n`;

const command = (process.argv[2] ?? '').replace(/^.*:/, '');
const isEveryday = everydayCommands.includes(command) && !process.argv.includes('--help'); // which is a matter of builds:help
const file = join(__dirname, isEveryday ? `everyday/${command}.js` : 'program.js');
const cache = isEveryday ? join(__dirname, CODE_CACHE, command) : undefined; // one each: what another needs is not read
const cachedData = cache && readCache(cache);
const script = new Script(fs.readFileSync(file, 'utf8'), { filename: file, ...(cachedData && { cachedData }) });
if (cache !== undefined && (cachedData === undefined || script.cachedDataRejected === true)) {
  process.on('exit', (exitCode) => {
    if (exitCode === 0) writeCache(cache); // with the functions that were needed
  });
}
(script.runInThisContext() as Program)(exports, require, module, __filename, __dirname);

/*
 * The file holds its owner and V8's data, and both once more. V8 looks at its own version and the length of the program,
 * and runs what it is given: damaged data crashes it. To compare two halves costs nothing, while a checksum would take
 * node:zlib, which is 2 ms to load.
 */

function readCache(path: string): Buffer | undefined {
  const bytes = readTrusted(path);
  if (bytes === undefined) return undefined;
  const [half, again] = [bytes.subarray(0, bytes.length / 2), bytes.subarray(bytes.length / 2)];
  if (!half.equals(again) || half.toString('latin1', 0, owner.length) !== owner) return undefined;
  return half.subarray(owner.length);
}

/** What the user whom this runs as has written, or root: it will be run. */
function readTrusted(path: string): Buffer | undefined {
  try {
    const fd = fs.openSync(path, fs.constants.O_RDONLY | fs.constants.O_NOFOLLOW | fs.constants.O_NONBLOCK);
    try {
      const { uid, size } = fs.fstatSync(fd);
      if (uid !== 0 && uid !== process.geteuid?.()) return undefined;
      const bytes = Buffer.allocUnsafe(size);
      return fs.readSync(fd, bytes) === size ? bytes : undefined;
    } finally {
      fs.closeSync(fd);
    }
  } catch {
    return undefined; // there is none
  }
}

function writeCache(path: string): void {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    fs.mkdirSync(join(__dirname, CODE_CACHE), { recursive: true });
    const fd = fs.openSync(temporary, 'wx', 0o644); // before the work: most who may not write learn it here
    try {
      const half = Buffer.concat([Buffer.from(owner), script.createCachedData()]);
      fs.writeFileSync(fd, Buffer.concat([half, half]));
      fs.renameSync(temporary, path);
      removeUnfinished(path);
    } catch {
      fs.unlinkSync(temporary);
    } finally {
      fs.closeSync(fd);
    }
  } catch {
    // somebody else will do it
  }
}

/** What others have left who were killed before the rename; or are about to do it: they find it gone, and need it no more. */
function removeUnfinished(path: string): void {
  for (const name of fs.readdirSync(dirname(path))) {
    if (!name.startsWith(`${basename(path)}.`) || !name.endsWith('.tmp')) continue;
    try {
      fs.unlinkSync(join(dirname(path), name));
    } catch {
      // somebody else has removed it, or it is none of ours
    }
  }
}
