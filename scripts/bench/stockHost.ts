import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { appBuilds, buildsRoot } from '../../host/dokku/paths';
import { CHECKPOINT_FILE } from '../../journal/checkpoint';
import { JOURNAL_FILE } from '../../journal/file/journalFile';
import { type BenchHost, emptyHost, makeApp } from './synthesizeHost';

const FIRST_MS = Date.UTC(2026, 0, 1);
const POLL_MS = 300_000;

/** A host of `apps` apps, each with so many `records` of the stock plugin, which this plugin has never met. */
export function stockHost(directory: string, apps: number, records: number): BenchHost {
  const made = emptyHost(directory);
  for (let number = 0; number < apps; number += 1) {
    const app = makeApp(made.host, `app-${String(number).padStart(5, '0')}`);
    const { directory: data } = appBuilds(made.host, app);
    mkdirSync(data, { recursive: true });
    for (let record = 0; record < records; record += 1) {
      const id = `${(FIRST_MS + record * POLL_MS).toString(36).padStart(8, '0')}${String(number).padStart(6, '0')}`;
      writeFileSync(join(data, `${id}.json`), stockRecord(app, id, record));
    }
  }
  makeStock(made);
  return made;
}

/** Every third one failed. The stock plugin writes nanoseconds. */
function stockRecord(app: string, id: string, number: number): string {
  const failed = number % 3 === 2;
  const record = {
    id,
    app,
    kind: 'build',
    pid: 1000 + (number % 30_000),
    started_at: withNanoseconds(FIRST_MS + number * POLL_MS),
    finished_at: withNanoseconds(FIRST_MS + number * POLL_MS + 74_000),
    status: failed ? 'failed' : 'succeeded',
    source: 'git-hook',
    exit_code: failed ? 1 : 0,
  };
  return `${JSON.stringify(record, null, 2)}\n`;
}

function withNanoseconds(at: number): string {
  return new Date(at).toISOString().replace('Z', '456789Z');
}

/**
 * Takes away what an installation has made: the host is as it was before. By renames: in the minutes after many files
 * were removed, ext4 takes several times as long to make new ones.
 */
export function makeStock({ host }: BenchHost): void {
  const root = buildsRoot(host);
  const taken = mkdtempSync(`${host.libRoot}-taken-`);
  let count = 0;
  const take = (path: string): void => {
    if (existsSync(path)) renameSync(path, join(taken, String((count += 1))));
  };
  take(host.pluginPath);
  for (const name of ['available', 'enabled']) mkdirSync(join(host.pluginPath, name), { recursive: true });
  for (const name of readdirSync(root)) {
    if (name.startsWith('.')) take(join(root, name));
    else for (const file of [JOURNAL_FILE, CHECKPOINT_FILE]) take(join(root, name, file));
  }
}
