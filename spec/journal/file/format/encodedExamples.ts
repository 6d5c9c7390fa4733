import type { BuildEvent, Recorded } from '../../../../journal/events';
import type { Link } from '../../../../journal/file/format/envelope';
import { canceled, discarded, finished, minute, pruned, reaped, started } from '../../buildEvents';

/** Events of each type, with each optional field, and with values of each MessagePack form that a journal may hold. */
const events: Record<string, BuildEvent> = {
  start: started('mwr376zk0re985', {
    process: { pid: 27935, startTicks: 457760, bootId: '5f0c2f9e-7a3b-4a44-9a0e-2d6b1c7e8f90' },
    actor: { user: 'dokku', key: 'ann', command: 'git-receive-pack' },
    revision: '2fd4e1c67a2d28fced849ee1bb76e7391b93eb12',
  }),
  'start with the least': started('b1', { process: { pid: 0 } }),
  'adopted start': started('ghost001', {
    kind: 'deploy',
    source: `ps:söurce ${'x'.repeat(300)}`,
    startedAt: '2026-04-30T13:50:00.123456789Z',
    adopted: true,
  }),
  'start with a long uptime and a name of other letters': started('b2', {
    process: { pid: 4194304, startTicks: 2 ** 32, bootId: '' },
    actor: { key: 'ключ 🔑' },
  }),
  finish: finished('b1'),
  'failed finish': finished('b1', { exitCode: 255 }),
  'finish with a negative exit code': finished('b1', { exitCode: -300, adopted: true }),
  abandoned: reaped('b1'),
  cancel: canceled('b1', { actor: { user: 'dokku', key: 'ann', command: 'builds:cancel' } }),
  'adopted cancel': {
    type: 'BuildCanceled',
    build: started('b1').build,
    actor: {},
    finishedAt: '2026-04-30T13:50:00Z',
    adopted: true,
  },
  prune: pruned('b1'),
  'prune of many': pruned(...Array.from({ length: 17 }, (_, n) => `b${n}`)),
  discard: discarded('b1'),
};

const digest = Buffer.from(Array.from({ length: 32 }, (_, n) => n * 8));

/** Links with each form that their numbers may have. */
const links: readonly Link[] = [
  { previousCrc: 0, readTo: 0, digest },
  { previousCrc: 0xff, readTo: 0x100, digest },
  { previousCrc: 0xfedcba98, readTo: 0xffff_ffff, digest },
  { previousCrc: 0x1_0000, readTo: 2 ** 40, digest },
];

/** What is encoded, by name: an event as it is recorded, and what binds it to its place. */
export const examples: Record<string, { recorded: Recorded; link: Link }> = Object.fromEntries(
  Object.entries(events).map(([name, event], n) => {
    const seq = [1, 127, 128, 65536][n % 4] ?? 1;
    const recorded = { seq, id: '01JT3K5M7Q9R1S3T5V7W9X1Y3Z', at: minute(n), schema: 1, event };
    return [name, { recorded, link: links[(n + (n >> 2)) % 4] ?? links[0] }];
  }),
) as Record<string, { recorded: Recorded; link: Link }>;
