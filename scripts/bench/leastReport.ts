import * as fs from 'node:fs';
import { join } from 'node:path';

/*
 * The least that a report of all apps has to look at for its answer to be true, as a program of its own without a launcher: of each app
 * the checkpoint, whether it is the journal's last word, records that a stock Dokku may have left, and the app's property. It prints the id
 * of the newest build.
 */

type Checkpoint = [
  number,
  { readonly start: number; readonly end: number },
  { readonly builds: { readonly id: string }[] },
];

const builds = join(process.env['DOKKU_LIB_ROOT'] ?? '', 'data', 'builds');
const properties = join(process.env['DOKKU_LIB_ROOT'] ?? '', 'config', 'builds');
const lines = fs.readdirSync(process.env['DOKKU_ROOT'] ?? '').map((app) => {
  const directory = join(builds, app);
  const text = fs.readFileSync(join(directory, 'events.checkpoint'), 'utf8');
  const [, head, history] = JSON.parse(text.slice(0, text.length / 2)) as Checkpoint;
  const journal = fs.openSync(join(directory, 'events.journal'), 'r');
  const grown = fs.fstatSync(journal).size > head.end;
  const frame = Buffer.allocUnsafe(head.end - head.start);
  fs.readSync(journal, frame, 0, frame.length, head.start);
  fs.closeSync(journal);
  const records = fs.readdirSync(directory).filter((name) => name.endsWith('.json'));
  const retention = fs.existsSync(join(properties, app, 'retention'));
  return [app, history.builds.at(-1)?.id, grown, frame.length, records.length, retention].join(' ');
});
process.stdout.write(`${lines.join('\n')}\n`);
