import test from 'ava';

import { checkInterval, parseWhen } from '../../../commands/definition/when';
import { loadCommands } from '../../../commands/programs';
import { Failure } from '../../../host/failure';

const NOW = Date.UTC(2026, 3, 30, 13, 50);
const HOUR = 3_600_000;

test('a time is RFC 3339, a date with or without minutes in UTC, or an age', (t) => {
  const times: readonly [string, number][] = [
    ['2026-04-30T13:50:00Z', NOW],
    ['2026-04-30T15:50:00+02:00', NOW],
    ['2026-04-30T13:50:00.250Z', NOW + 250],
    ['2026-04-30', Date.UTC(2026, 3, 30)],
    ['2026-04-30 13:50', NOW],
    ['2026-04-30T13:50', NOW],
    ['2026-04-30 13:50:07', NOW + 7000],
    ['0s', NOW],
    ['90s', NOW - 90_000],
    ['5m', NOW - 300_000],
    ['2h', NOW - 2 * HOUR],
    ['1h30m', NOW - 1.5 * HOUR],
    ['3d', NOW - 72 * HOUR],
    ['1w2d3h4m5s', NOW - (9 * 24 + 3) * HOUR - 245_000],
  ];
  for (const [text, time] of times) t.is(parseWhen('--since', text, NOW), time, text);
});

test('a date that ends an interval is its last millisecond', (t) => {
  t.is(parseWhen('--until', '2026-04-30', NOW, 'end-of-day'), Date.UTC(2026, 4, 1) - 1);
  t.is(parseWhen('--until', '2026-04-30 13:50', NOW, 'end-of-day'), NOW);
});

test('every command takes a date as --until for the end of that day', async (t) => {
  const context = { name: '--until', now: NOW };
  let commands = 0;
  for (const { name, command } of await loadCommands()) {
    const until = command.flags['until'];
    if (until === undefined) continue;
    t.true('parse' in until && until.parse(['2026-04-30'], context) === Date.UTC(2026, 4, 1) - 1, name);
    commands += 1;
  }
  t.is(commands, 3);
});

test('what is not a time is refused with what it may be', (t) => {
  const texts = [
    '',
    'noon',
    'yesterday',
    '2026-13-01',
    '2026-02-30',
    '2026-04-30 25:00',
    '30m1h',
    '1h1h',
    'h',
    '-2h',
    '2 h',
    '1.5h',
  ];
  for (const text of texts) {
    t.throws(() => parseWhen('--since', text, NOW), {
      instanceOf: Failure,
      message: `Invalid --since value "${text}": must be a time such as 2026-04-30T13:50:00Z, a date such as 2026-04-30 or 2026-04-30 13:50 in UTC, or an age such as 2h, 1h30m or 3d`,
    });
  }
});

test('an interval that ends before it begins is refused', (t) => {
  t.notThrows(() => checkInterval({}));
  t.notThrows(() => checkInterval({ since: NOW }));
  t.notThrows(() => checkInterval({ since: NOW, until: NOW }));
  t.throws(() => checkInterval({ since: NOW, until: NOW - 1 }), {
    instanceOf: Failure,
    message: '--until (2026-04-30T13:49:59Z) is before --since (2026-04-30T13:50:00Z)',
  });
});
