import test from 'ava';

import type { BuildEvent } from '../../../../journal/events';
import { parseEvent, UnknownEvent } from '../../../../journal/file/format/parseEvent';
import { canceled, discarded, finished, pruned, reaped, started } from '../../buildEvents';
import { examples } from './encodedExamples';

type Fields = Record<string, unknown>;

const fullStart = started('b1', {
  process: { pid: 17, startTicks: 5, bootId: 'b007' },
  actor: { user: 'dokku', key: 'ann', command: 'git-receive-pack' },
  revision: 'abcdef',
  adopted: true,
});

test('an event with all fields of its type is read as that event', (t) => {
  const events = [fullStart, finished('b1'), reaped('b1'), canceled('b1'), pruned('b1', 'b2'), discarded('b1')];
  for (const event of [...events, ...Object.values(examples).map(({ recorded }) => recorded.event)])
    t.deepEqual(parse(event.type, fieldsOf(event)), event);
});

test('fields that are not known are left out, on every level', (t) => {
  const { process, actor, ...others } = fieldsOf(fullStart);
  const more = { ...others, process: { ...(process as Fields), cgroup: 1 }, actor: { ...(actor as Fields), ip: [] } };
  t.deepEqual(parse('BuildStarted', { ...more, mood: 'good' }), fullStart);
  t.deepEqual(parse('Pruned', { ...fieldsOf(pruned('b1')), by: 'hand' }), pruned('b1'));
});

const wrongText = [undefined, null, 17, true, [], {}, Buffer.from('text')];
const wrongId = [...wrongText, '', '../b1', 'a/b', '.', 'a\0b', '-b1', 'b'.repeat(129)];
const wrongTime = [
  ...wrongText,
  '',
  'yesterday',
  '2026-13-01T00:00:00Z',
  '2026-02-30T00:00:00Z',
  '12026-01-01T00:00:00Z',
];
const wrongNumber = [undefined, null, '1', 0.5, NaN, 2 ** 53, -(2 ** 53), 17n, true, []];
const wrongMap = [undefined, null, 'map', 17, [], new Map(), new Date(0)];
const wrongActor = [
  ...wrongMap,
  ...['user', 'key', 'command'].flatMap((name) => wrongText.slice(1).map((value) => ({ [name]: value }))),
];

for (const [event, wrong] of [
  [
    fullStart,
    {
      build: wrongId,
      kind: [...wrongText, '', 'Build', 'toString', '__proto__'],
      source: wrongText,
      startedAt: wrongTime,
      process: [
        ...wrongMap,
        ...[...wrongNumber, -1].map((pid) => ({ pid })),
        ...[...wrongNumber.slice(1), -1].map((startTicks) => ({ pid: 1, startTicks })),
        ...wrongText.slice(1).map((bootId) => ({ pid: 1, bootId })),
      ],
      actor: wrongActor,
      revision: wrongText.slice(1),
      adopted: [null, false, 1, 'true'],
    },
  ],
  [
    finished('b1'),
    {
      build: wrongId,
      status: [...wrongText, 'running', 'canceled', 'constructor'],
      exitCode: wrongNumber,
      cause: [...wrongText, 'deploy'],
      finishedAt: wrongTime,
      adopted: [null, false, 1],
    },
  ],
  [
    canceled('b1'),
    { build: wrongId, actor: wrongActor, signal: wrongText.slice(1), finishedAt: wrongTime, adopted: [null, false] },
  ],
  [
    pruned('b1'),
    { builds: [undefined, null, 'b1', {}, ...wrongId.map((id) => ['b2', id])], reason: [...wrongText, 'age'] },
  ],
] as [BuildEvent, Record<string, unknown[]>][]) {
  for (const [name, values] of Object.entries(wrong)) {
    test(`${event.type} with another ${name} than it must have is an unknown event`, (t) => {
      for (const value of values) {
        const parsed = parse(event.type, { ...fieldsOf(event), [name]: value });
        t.true(parsed instanceof UnknownEvent && parsed.message.startsWith('its '), String(value));
      }
    });
  }
}

test('an event of another type, or without a map of fields, is an unknown event', (t) => {
  for (const type of ['BuildPaused', 'toString', '', undefined, null, 17, ['Pruned']])
    t.true(parse(type, fieldsOf(finished('b1'))) instanceof UnknownEvent, String(type));
  for (const data of wrongMap) t.true(parse('Pruned', data) instanceof UnknownEvent);
});

test('the reason why an event is unknown is given', (t) => {
  t.is(
    (parse('BuildFinished', { ...fieldsOf(finished('b1')), status: 'lost' }) as Error).message,
    'its status is none of succeeded, failed',
  );
});

test('a name that was cut inside a surrogate pair becomes well-formed', (t) => {
  const actor = { key: `${'x'.repeat(199)}\ud83d`, user: '\ude00 ann 🔑' };
  const parsed = parse('BuildStarted', { ...fieldsOf(fullStart), actor });
  t.like(parsed, { actor: { key: `${'x'.repeat(199)}\ufffd`, user: '\ufffd ann 🔑' } });
});

function fieldsOf(event: BuildEvent): Fields {
  const { type: _, ...data } = event;
  return data;
}

function parse(type: unknown, data: unknown): BuildEvent | UnknownEvent {
  return parseEvent(type, data);
}
