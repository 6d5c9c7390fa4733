import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

import test from 'ava';

import { temporaryDirectory } from '../../temporaryHost';
import { cannotRun, unshared } from '../durability/namespaces';
import { program, withServer } from './server';

/* In the soak alone: every failure takes a cluster some ten seconds. cluster.spec.ts kills servers on loopback. */

const EVENTS = 80_000;
const isSoak = process.env['SOAK'] === '1';

const cannotCut = cannotRun('ip link add bridge type bridge && unshare --net true && command -v nsenter', '--net');
const inSoak = isSoak && cannotCut === undefined ? withServer : test.skip;

inSoak(
  'through servers cut off and killed, and agents and readers killed, every event reaches the stream once',
  async (t) => {
    t.timeout(30 * 60_000);
    const work = [join(__dirname, 'clusterWork.ts'), temporaryDirectory(t), String(EVENTS), program];
    const [unshare = '', ...namespaces] = unshared('--net', '--pid', '--fork', '--mount-proc', '--kill-child');
    const node = [process.execPath, '-r', 'ts-node/register/transpile-only', ...work];
    const child = spawn(unshare, [...namespaces, ...node], { stdio: ['ignore', 'pipe', 'pipe'] });
    t.teardown(() => child.kill('SIGKILL'));
    let printed = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (data: Buffer) => {
        printed += data.toString();
      });
    const [code] = (await once(child, 'close')) as [number];
    t.log(printed);
    t.is(code, 0);
    t.regex(printed, new RegExp(`^${EVENTS} events, each once$`, 'm'));
  },
);
