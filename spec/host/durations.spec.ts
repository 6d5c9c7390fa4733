import test from 'ava';
import fc from 'fast-check';

import {
  compareTimestamps,
  formatDuration,
  formatTimestamp,
  parseTimestamp,
  toWholeSeconds,
} from '../../host/durations';

test('a duration is written as Go writes it', (t) => {
  const second = 1000;
  const minute = 60 * second;
  const hour = 60 * minute;
  t.is(formatDuration(0), '0s');
  t.is(formatDuration(45 * second), '45s');
  t.is(formatDuration(minute), '1m0s');
  t.is(formatDuration(minute + 14 * second), '1m14s');
  t.is(formatDuration(hour), '1h0m0s');
  t.is(formatDuration(hour + 2 * minute + 3 * second), '1h2m3s');
  t.is(formatDuration(100 * hour), '100h0m0s');
});

test('a duration is rounded to whole seconds, also across a minute and an hour', (t) => {
  t.is(formatDuration(499), '0s');
  t.is(formatDuration(500), '1s');
  t.is(formatDuration(59_500), '1m0s');
  t.is(formatDuration(3_599_500), '1h0m0s');
});

test('a clock that went back makes no negative duration', (t) => {
  t.is(formatDuration(-1), '0s');
  t.is(formatDuration(-90_000), '0s');
});

test('a time is read with fractions of any length', (t) => {
  const whole = Date.UTC(2026, 3, 30, 13, 50, 0);
  t.is(parseTimestamp('2026-04-30T13:50:00Z'), whole);
  t.is(parseTimestamp('2026-04-30T13:50:00.5Z'), whole + 500);
  t.is(parseTimestamp('2026-04-30T13:50:00.25Z'), whole + 250);
  t.is(Math.floor(parseTimestamp('2026-04-30T13:50:00.123456789Z') ?? 0), whole + 123);
  t.is(Math.floor(parseTimestamp('2026-04-30T13:50:00.123456789012345Z') ?? 0), whole + 123);
});

test('times in nanoseconds are ordered also below the millisecond', (t) => {
  const earlier = parseTimestamp('2026-04-30T13:50:00.123400000Z') ?? 0;
  const later = parseTimestamp('2026-04-30T13:50:00.123900000Z') ?? 0;
  t.true(earlier < later);
});

test('a time with an offset names the same moment in UTC', (t) => {
  const moment = Date.UTC(2026, 3, 30, 13, 50, 0);
  t.is(parseTimestamp('2026-04-30T15:50:00+02:00'), moment);
  t.is(parseTimestamp('2026-04-30T08:20:00-05:30'), moment);
  t.is(parseTimestamp('2026-04-30T13:50:00-00:00'), moment);
});

test('times are compared by the moments that they name, whatever their form', (t) => {
  const moment = fc.oneof(fc.nat(3000), fc.nat(7_200_000)); // many that are close
  const forms = [
    (text: string) => text,
    (text: string) => text.replace('Z', '456789Z'),
    (text: string) => text.replace('T', 't'),
    (text: string) => text.replace('Z', 'z'),
    (text: string) => text.replace('Z', '+00:00'),
    (text: string) => text.replace('Z', '-01:00'),
    (text: string) => text.replace(/\.\d+/, ''),
  ];
  const time = fc
    .tuple(moment, fc.constantFrom(...forms))
    .map(([at, form]) => form(formatTimestamp(at + Date.UTC(2026, 0, 1))));
  fc.assert(
    fc.property(time, time, (a, b) => {
      const difference = (parseTimestamp(a) ?? NaN) - (parseTimestamp(b) ?? NaN);
      t.is(Math.sign(compareTimestamps(a, b)), Math.sign(difference), `${a} and ${b}`);
    }),
  );
});

test('a leap day is a date in a leap year only', (t) => {
  t.is(parseTimestamp('2028-02-29T00:00:00Z'), Date.UTC(2028, 1, 29));
  t.is(parseTimestamp('2000-02-29T00:00:00Z'), Date.UTC(2000, 1, 29));
  t.is(parseTimestamp('2026-02-29T00:00:00Z'), undefined);
  t.is(parseTimestamp('1900-02-29T00:00:00Z'), undefined);
});

test('the year 1 is not the year 1901', (t) => {
  t.is(parseTimestamp('0001-01-01T00:00:00Z'), -62_135_596_800_000); // the zero time of Go
});

for (const text of [
  '',
  'yesterday',
  '2026-04-30',
  '2026-04-30 13:50:00Z',
  '2026-04-30T13:50:00',
  '2026-04-30T13:50Z',
  '2026-04-30T13:50:00.Z',
  '2026-04-30T13:50:00,5Z',
  '2026-04-30T13:50:00+0200',
  '2026-04-30T13:50:00+24:00',
  '2026-04-30T13:50:00+02:60',
  '2026-04-30T24:00:00Z',
  '2026-04-30T13:60:00Z',
  '2026-04-30T13:50:60Z',
  '2026-04-31T13:50:00Z',
  '2026-13-01T13:50:00Z',
  '2026-00-01T13:50:00Z',
  '2026-04-00T13:50:00Z',
  ' 2026-04-30T13:50:00Z',
  '2026-04-30T13:50:00Z\n',
  '12026-04-30T13:50:00Z',
  '-026-04-30T13:50:00Z',
]) {
  test(`${JSON.stringify(text)} is not a time`, (t) => {
    t.is(parseTimestamp(text), undefined);
  });
}

test('a time in whole seconds is cut off, not rounded, and in UTC', (t) => {
  t.is(toWholeSeconds('2026-04-30T13:50:00Z'), '2026-04-30T13:50:00Z');
  t.is(toWholeSeconds('2026-04-30T13:50:00.999999999Z'), '2026-04-30T13:50:00Z');
  t.is(toWholeSeconds('2026-04-30T15:50:59.5+02:00'), '2026-04-30T13:50:59Z');
  t.is(toWholeSeconds('1969-12-31T23:59:59.5Z'), '1969-12-31T23:59:59Z');
});

test('text that is not a time is shown as it is', (t) => {
  t.is(toWholeSeconds('soon'), 'soon');
});

test('a moment that was written is read back', (t) => {
  const edges = [0, 999, 1000, Date.UTC(2024, 1, 29, 23, 59, 59, 999), Date.UTC(9999, 11, 31, 23, 59, 59, 999)];
  for (const at of edges) t.is(parseTimestamp(formatTimestamp(at)), at);
  fc.assert(
    fc.property(
      fc.date({
        min: new Date('0000-01-01T00:00:00Z'),
        max: new Date('9999-12-31T23:59:59.999Z'),
        noInvalidDate: true,
      }),
      (date) => {
        t.is(parseTimestamp(formatTimestamp(date.getTime())), date.getTime());
      },
    ),
  );
});
