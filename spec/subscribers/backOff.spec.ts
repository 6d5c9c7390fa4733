import test from 'ava';

import { backOff } from '../../subscribers/backOff';

test('the pause doubles from 1 s up to the longest one, and is up to a quarter shorter', (t) => {
  t.deepEqual(
    [1, 2, 3, 11, 12, 5000].map((failures) => backOff(failures, 1_800_000, 0) / 1000),
    [1, 2, 4, 1024, 1800, 1800],
  );
  t.is(backOff(1, 1_800_000, 0.999), 750.25);
});
