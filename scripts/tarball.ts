import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { filesOf } from './replace-tree';

/** What is in every file's place for a time, so that one source makes one archive: 1980-01-01, in seconds. */
const fixedTime = 315_532_800;
const blockSize = 512;

/**
 * A gzipped tar (POSIX ustar) of `directory`, with everything below one directory called `name`. The same content gives
 * the same bytes: sorted, owner 0, one fixed time, modes 0755 and 0644. Throws for a path of more than 100 bytes.
 */
export function tarball(directory: string, name: string): Buffer {
  const files = filesOf(directory);
  const directories = new Set<string>();
  for (const file of files) {
    for (let up = path.dirname(file); up !== '.'; up = path.dirname(up)) directories.add(up);
  }
  const blocks = [header(`${name}/`, 0, 0o755, '5')];
  for (const entry of [...directories, ...files].sort()) {
    if (directories.has(entry)) {
      blocks.push(header(`${name}/${entry}/`, 0, 0o755, '5'));
      continue;
    }
    const content = readFileSync(path.join(directory, entry));
    const executable = (statSync(path.join(directory, entry)).mode & 0o100) !== 0;
    blocks.push(header(`${name}/${entry}`, content.length, executable ? 0o755 : 0o644, '0'), content);
    blocks.push(Buffer.alloc((blockSize - (content.length % blockSize)) % blockSize));
  }
  blocks.push(Buffer.alloc(2 * blockSize)); // the end of a tar
  return gzipSync(Buffer.concat(blocks), { level: 9 });
}

/** One ustar header: https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html#tag_20_94_13_06 */
function header(name: string, size: number, mode: number, type: '0' | '5'): Buffer {
  if (Buffer.byteLength(name) > 100) throw new Error(`The path ${name} is too long for the archive`);
  const block = Buffer.alloc(blockSize);
  const octal = (value: number, digits: number): string => `${value.toString(8).padStart(digits, '0')}\0`;
  block.write(name, 0);
  block.write(octal(mode, 7), 100);
  block.write(octal(0, 7), 108); // owner
  block.write(octal(0, 7), 116); // group
  block.write(octal(size, 11), 124);
  block.write(octal(fixedTime, 11), 136);
  block.write(' '.repeat(8), 148); // the checksum counts itself as spaces
  block.write(type, 156);
  block.write('ustar\x0000', 257);
  const checksum = block.reduce((sum, byte) => sum + byte, 0);
  block.write(`${checksum.toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}
