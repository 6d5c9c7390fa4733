import test from 'ava';

import { wrapBehind, wrapText } from '../../../../host/terminal/table/wrap';

test('text is broken between words, and what stands in brackets stays together', (t) => {
  t.deepEqual(wrapText('one two three', 7), ['one two', 'three']);
  t.deepEqual(wrapText('<app> [--format json|stdout] [--all]', 24), ['<app>', '[--format json|stdout]', '[--all]']);
  t.deepEqual(wrapText('one two', Number.POSITIVE_INFINITY), ['one two']);
  t.deepEqual(wrapText('', 7), []);
  t.deepEqual(wrapText('a longword', 3), ['a', 'longword'], 'only a longer word makes a longer line');
});

test('text behind a label goes on below its beginning, or below the label if there is little room', (t) => {
  const text = 'one two three four five six seven';
  t.deepEqual(wrapBehind('  --all  ', text, 34), ['  --all  one two three four five', '         six seven']);
  t.deepEqual(wrapBehind('  --all  ', text, 80), [`  --all  ${text}`]);
  t.deepEqual(wrapBehind('  --all  ', text, 30), ['  --all', '      one two three four five', '      six seven']);
  t.deepEqual(wrapBehind('Usage: list ', '', 80), ['Usage: list']);
});
