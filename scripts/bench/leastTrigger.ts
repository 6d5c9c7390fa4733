import * as fs from 'node:fs';
import { join } from 'node:path';

/*
 * The least that a trigger can do to keep what is promised, as a program of its own without a launcher: it makes the same files and syncs them
 * in the same way, and decides, checks and repairs nothing. `node leastTrigger.cjs <directory of an app>`
 */

const EVENT_BYTES = 295;
const RECORD_BYTES = 240;

const [directory = ''] = process.argv.slice(2);
const checkpoint = fs.readFileSync(join(directory, 'events.checkpoint'));

const journal = fs.openSync(join(directory, 'least.journal'), 'a', 0o600);
fs.writeSync(journal, Buffer.alloc(EVENT_BYTES));
fs.fdatasyncSync(journal);
fs.closeSync(journal);

replace('least.json', Buffer.alloc(RECORD_BYTES), true);
replace('least.checkpoint', checkpoint, false);

function replace(name: string, content: Uint8Array, durable: boolean): void {
  const temporary = join(directory, `.${name}.tmp`);
  const fd = fs.openSync(temporary, 'wx', 0o600);
  fs.writeSync(fd, content);
  if (durable) fs.fsyncSync(fd);
  fs.closeSync(fd);
  fs.renameSync(temporary, join(directory, name));
  if (!durable) return;
  const parent = fs.openSync(directory, 'r');
  fs.fsyncSync(parent);
  fs.closeSync(parent);
}
