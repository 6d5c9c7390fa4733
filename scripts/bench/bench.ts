/**
 * `npm run bench [-- --quick] [-- --json]`: measures the built plugin and the library against the targets, on data that it makes in
 * a temporary directory ($TMPDIR says where). Asserts nothing; ratios depend on the machine far less than times do.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { bundles } from './bundles';
import { growthRows } from './growthRows';
import { makeHistories } from './histories';
import { formatCosts, historyCosts } from './historyCosts';
import { libraryRows } from './libraryRows';
import { describeMachine } from './machine';
import { formatRows, type Row } from './row';
import { full, quick } from './scale';
import { startUpRows } from './startUpRows';

async function bench(isQuick: boolean, asJson: boolean): Promise<void> {
  const scale = isQuick ? quick : full;
  const directory = mkdtempSync(join(tmpdir(), 'dokku-builds-bench-'));
  const say = (text: string): void => {
    process.stderr.write(`-----> ${text}\n`);
  };
  try {
    const machine = describeMachine(directory);
    const programs = bundles(directory);
    const began = Date.now();
    say('synthesizing histories');
    const histories = makeHistories(directory, scale);
    const rows: Row[] = [
      ...(await startUpRows(directory, programs, scale, say)),
      ...(await growthRows(directory, programs, histories, scale, say)),
      ...(await libraryRows(directory, programs, histories, scale, say)),
    ];
    const costs = await historyCosts(histories, Math.min(scale.longRuns, 7), say);
    const seconds = Math.round((Date.now() - began) / 1000);
    if (asJson) {
      process.stdout.write(`${JSON.stringify({ machine, quick: isQuick, scale, seconds, rows, costs }, null, 2)}\n`);
      return;
    }
    const { cpu, cores, memoryGiB, system, node, fileSystem, load } = machine;
    process.stdout.write(
      `${cpu}, ${cores} cores, ${memoryGiB} GiB, ${system}, node ${node}, data on ${fileSystem}, load ${load} at the beginning\n` +
        `medians of interleaved runs${isQuick ? ' (quick: few runs, less data)' : ''}, ${seconds} s\n\n` +
        `${formatRows(rows)}\n${formatCosts(costs)}`,
    );
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

const args = process.argv.slice(2);
const unknown = args.find((argument) => argument !== '--quick' && argument !== '--json');
if (unknown === undefined) {
  void bench(args.includes('--quick'), args.includes('--json'));
} else {
  process.stderr.write(` !     Unknown argument "${unknown}"; there are --quick and --json\n`);
  process.exitCode = 1;
}
