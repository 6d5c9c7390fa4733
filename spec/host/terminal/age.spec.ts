import test from 'ava';

import { formatAge } from '../../../host/terminal/age';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const NOW = Date.UTC(2026, 3, 30);

test('an age is short, and never rounded by half of itself or more, except below two minutes', (t) => {
  const ages: readonly (readonly [number, string])[] = [
    [0, '0s ago'],
    [59_999, '59s ago'],
    [MINUTE, '1m ago'],
    [119 * MINUTE, '119m ago'],
    [2 * HOUR, '2h ago'],
    [47.9 * HOUR, '47h ago'],
    [2 * DAY, '2d ago'],
    [13.5 * DAY, '13d ago'],
    [28 * DAY, '4w ago'],
    [729 * DAY, '104w ago'],
    [730 * DAY, '2y ago'],
    [-999, '0s ago'],
    [-DAY, 'in 24h'],
    [-94 * DAY, 'in 13w'],
  ];
  for (const [ms, text] of ages) t.is(formatAge(NOW - ms, NOW), text);
});
