/**
 * `npm run bench [-- --quick] [-- --json] [-- --fleet]`: measures the built plugin against its targets, on data that
 * it makes in a temporary directory ($TMPDIR says where). With --fleet it measures what docs/fleet.md names, instead.
 * CPU time, user and system; medians of interleaved runs. Exit status 0, whatever is missed: a busy machine is no
 * failure.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { adoptionRows } from './adoptionRows';
import { fleetRows } from './fleetRows';
import { historyRows, hostRows } from './growthRows';
import { describeMachine } from './machine';
import { compileBaselines, makeMeasurer } from './programs';
import { formatRows, type Row, summary } from './row';
import { full, quick } from './scale';
import { startUpRows } from './startUpRows';

async function bench(isQuick: boolean, asJson: boolean, ofFleet: boolean): Promise<void> {
  const scale = isQuick ? quick : full;
  const directory = mkdtempSync(join(tmpdir(), 'dokku-builds-bench-'));
  const measurer = makeMeasurer();
  const rows: Row[] = [];
  const part = async (what: string, measure: () => Row[] | Promise<Row[]>): Promise<void> => {
    process.stderr.write(`-----> ${what}\n`);
    rows.push(...(await measure()));
  };
  try {
    const machine = describeMachine(directory);
    const began = Date.now();
    const baselines = compileBaselines(directory);
    if (ofFleet) {
      await part('A fleet', () => fleetRows(directory, baselines, measurer, scale));
    } else {
      await part('Everyday calls on an app with 20 records', () => startUpRows(directory, baselines, measurer, scale));
      const events = `The same on ${String(scale.longHistory)} events`;
      await part(events, () => historyRows(directory, baselines, measurer, scale));
      await part(`A host of ${String(scale.manyApps)} apps`, () => hostRows(directory, measurer, scale));
      await part('Adoption of stock records', () => adoptionRows(directory, baselines, measurer, scale));
    }
    const seconds = Math.round((Date.now() - began) / 1000);
    if (asJson) {
      process.stdout.write(`${JSON.stringify({ machine, quick: isQuick, scale, seconds, rows }, null, 2)}\n`);
      return;
    }
    const { cpu, cores, memoryGiB, system, node, fileSystem, load } = machine;
    process.stdout.write(
      `${cpu}, ${String(cores)} cores, ${String(memoryGiB)} GiB, ${system}, node ${node}, data on ${fileSystem}, ` +
        `load ${String(load)} at the beginning\n` +
        `CPU time (user + system) and peak memory, medians of interleaved runs` +
        `${isQuick ? ' (quick: few runs, less data)' : ''}, ` +
        `${String(seconds)} s\n\n${formatRows(rows)}\n${summary(rows)}\n`,
    );
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

const args = process.argv.slice(2);
const known = ['--quick', '--json', '--fleet'];
const unknown = args.find((argument) => !known.includes(argument));
if (unknown === undefined) {
  void bench(args.includes('--quick'), args.includes('--json'), args.includes('--fleet'));
} else {
  process.stderr.write(` !     Unknown argument "${unknown}"; there are --quick, --json and --fleet\n`);
  process.exitCode = 1;
}
