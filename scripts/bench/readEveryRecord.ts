import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/*
 * What `builds:report` for all apps is measured against: opens every record file of every app once and prints what it says of the
 * newest one. The program itself is in its bundle, never run, so that both take the same time to load.
 */

interface Read {
  readonly id: string;
  readonly started_at: string;
}

if (process.argv.length > 10) void import('../../commands/main');

const apps = readdirSync(process.env['DOKKU_ROOT'] ?? '');
const builds = join(process.env['DOKKU_LIB_ROOT'] ?? '', 'data', 'builds');
const lines = apps.flatMap((app) => {
  const names = readdirSync(join(builds, app)).filter((name) => name.endsWith('.json'));
  const records = names.map((name) => JSON.parse(readFileSync(join(builds, app, name), 'utf8')) as Read);
  const [newest] = records.sort((a, b) => (a.started_at < b.started_at ? 1 : -1));
  return [`=====> ${app} builds information`, ...Object.entries(newest ?? {}).map((pair) => pair.join(': '))];
});
process.stdout.write(`${lines.join('\n')}\n`);
