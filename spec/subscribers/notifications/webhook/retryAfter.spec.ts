import test from 'ava';
import fc from 'fast-check';

import { parseRetryAfter } from '../../../../subscribers/notifications/webhook/retryAfter';

const NOW = Date.parse('2026-04-30T13:50:00Z');
const DAY_MS = 24 * 60 * 60 * 1000;

test('Retry-After is a number of seconds or a date, and a day at most', (t) => {
  for (const [header, ms] of [
    ['0', 0],
    ['120', 120_000],
    [' 5 ', 5000],
    ['0.75', 750],
    ['Thu, 30 Apr 2026 13:51:00 GMT', 60_000],
    ['Thu, 30 Apr 2026 13:49:00 GMT', 0],
    ['Thu, 30 Apr 2099 13:49:00 GMT', DAY_MS],
    ['Thursday, 30-Apr-26 13:51:00 GMT', 60_000],
    ['Wednesday, 30-Apr-75 13:51:00 GMT', DAY_MS],
    ['Friday, 30-Apr-99 13:51:00 GMT', 0], // 1999: it cannot be more than 50 years ahead
    ['Thu Apr 30 13:51:00 2026', 60_000],
    ['Fri May  1 03:50:00 2026', 14 * 60 * 60_000],
    ['99999999999999999999', DAY_MS],
  ] as const) {
    t.is(parseRetryAfter(header, NOW), ms, header);
  }
  for (const header of [
    undefined,
    '',
    '-5',
    'soon',
    '5 s',
    '2026-04-30',
    'NaN',
    'Infinity',
    'Thu, 99 Apr 2026 13:51:00 GMT',
  ])
    t.is(parseRetryAfter(header, NOW), undefined, header);
});

test('whatever it says, the pause is none, or from nothing to a day', (t) => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.nat().map(String),
        fc.date({ noInvalidDate: true }).map((d) => d.toUTCString()),
      ),
      (header) => {
        const ms = parseRetryAfter(header, NOW) ?? 0;
        t.true(ms >= 0 && ms <= DAY_MS);
      },
    ),
  );
});
