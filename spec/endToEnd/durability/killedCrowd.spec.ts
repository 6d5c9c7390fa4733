import { spawn } from 'node:child_process';
import { once } from 'node:events';

import test, { type ExecutionContext } from 'ava';

import type { Host } from '../../../host/dokku/environment';
import type { AppName } from '../../../host/dokku/names';
import { writeProperty } from '../../../host/dokku/properties';
import { createApp, temporaryDirectory, temporaryHost } from '../../temporaryHost';
import { compiledProgram } from './bundledProgram';
import { checkCrowd, RETENTION } from './crowdChecks';
import { command, environmentOf } from './pluginCalls';
import type { Told } from './told';

/*
 * Processes that call the product's functions thousands of times each. They share few journals, are killed at random
 * moments, and are started again. In the soak they do a million operations. With TMPDIR in memory, such as /dev/shm,
 * that takes about an hour.
 */

const isSoak = process.env['SOAK'] === '1';
const ROUNDS = isSoak ? 100 : 1;
const OPERATIONS = isSoak ? 10_000 : 600;
const WORKERS = 8;
const APPS = isSoak ? ['app0', 'app1', 'app2', 'app3'] : ['app0'];
/** One kill for so many operations, about. */
const KILL_AFTER = isSoak ? 300 : 50;
/** From an answer to the kill it takes up to three operations. */
const KILL_WITHIN_MS = 10;

for (let round = 1; round <= ROUNDS; round += 1)
  test.serial(
    `${OPERATIONS} operations of ${WORKERS} processes that are killed at random lose and double nothing: ` +
      `round ${round} of ${ROUNDS}`,
    async (t) => {
      const host = temporaryHost(t);
      writeProperty(host, '--global', 'retention', String(RETENTION));
      const apps = APPS.map((name) => createApp(host, name));
      const program = compiledProgram(temporaryDirectory(t), 'crowd');
      const begin = performance.now();
      const lanes = Array.from({ length: WORKERS }, (_, n) => workAndDie(t, host, program, n, apps));
      const told = (await Promise.all(lanes)).flatMap((lane) => lane.told);
      const kills = (await Promise.all(lanes)).reduce((sum, lane) => sum + lane.kills, 0);
      const seconds = (performance.now() - begin) / 1000;
      t.is((await command(host, 'prune', ['--all-apps'])).status, 0); // removes what the killed have left
      const figures = await checkCrowd(t, host, apps, told, kills);
      const { length } = told.filter(({ op }) => op !== 'warned');
      t.log(`${length} operations in ${seconds.toFixed()} s, ${kills} kills, ${figures}`);
    },
  );

/** A worker, and those that take over when it was killed, until its part of the operations is done. */
async function workAndDie(
  t: ExecutionContext,
  host: Host,
  program: string,
  number: number,
  apps: readonly AppName[],
): Promise<{ told: Told[]; kills: number }> {
  const told: Told[] = [];
  let kills = 0;
  for (let left = OPERATIONS / WORKERS; left > 0;) {
    const args = [String(number), String(left), String(process.pid), '', ...apps];
    const worker = spawn(program, args, { env: environmentOf(host), stdio: ['ignore', 'pipe', 'inherit'] });
    t.teardown(() => worker.kill('SIGKILL'));
    let text = '';
    worker.stdout.on('data', (some: Buffer) => {
      const answers = some.toString();
      text += answers;
      if (Math.random() < (answers.split('\n').length - 1) / KILL_AFTER)
        setTimeout(() => worker.kill('SIGKILL'), KILL_WITHIN_MS * Math.random());
    });
    const [status, signal] = (await once(worker, 'close')) as [number | null, NodeJS.Signals | null];
    if (signal === 'SIGKILL') kills += 1;
    else t.is(status, 0, `worker ${number}`);
    const lines = text.split('\n').slice(1, -1); // behind `ready`; a killed worker may leave half a line
    const own = lines.map((line) => JSON.parse(line) as Told);
    told.push(...own);
    left -= own.filter(({ op }) => op !== 'warned').length;
  }
  return { told, kills };
}
