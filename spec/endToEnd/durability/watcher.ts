import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/*
 * Looks at every record of all apps, whose builds lie below the directory that it is called with, again and again,
 * until its stdin ends: as somebody does who knows nothing of journals. Then prints how many it read, and those that
 * were not whole, as JSON.
 */

const [root = ''] = process.argv.slice(2);
const torn: string[] = [];
let records = 0;
let over = false;

process.stdin.on('end', () => (over = true)).resume();
process.stdout.write('ready\n');
look();

function look(): void {
  for (const directory of names(root).map((app) => join(root, app))) {
    for (const name of names(directory).filter((one) => one.endsWith('.json'))) check(join(directory, name));
  }
  if (over) process.stdout.write(JSON.stringify({ records, torn: torn.slice(0, 5) }));
  else setTimeout(look, 1);
}

function check(path: string): void {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return; // it has left since
  }
  records += 1;
  try {
    if (typeof (JSON.parse(text) as { status?: unknown }).status === 'string' && text.endsWith('}\n')) return;
  } catch {
    // told below
  }
  torn.push(`${path}: ${text}`);
}

function names(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}
