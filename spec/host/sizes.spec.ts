import test from 'ava';

import { parseSize } from '../../host/sizes';

test('a size is a number of bytes, or of units of 1024', (t) => {
  const sizes = { '0': 0, '4096': 4096, '500k': 512_000, '10M': 10_485_760, '10MiB': 10_485_760, '1gb': 1_073_741_824 };
  for (const [text, bytes] of Object.entries(sizes)) t.is(parseSize(text), bytes, text);
});

for (const text of ['', 'k', '-1', '1.5m', '10 m', '10q', '1kk', '9999999999999', '999999999999g', 'NaN', '1e3']) {
  test(`${JSON.stringify(text)} is not a size`, (t) => {
    t.is(parseSize(text), undefined);
  });
}
