import test from 'ava';

import { formatTable } from '../../../../host/terminal/table/table';

test('columns are as wide as their widest cell, with two blanks between and none at the end', (t) => {
  const table = formatTable(
    ['App', 'Build ID', 'Kind'],
    [
      ['myapp', 'b1', 'build'],
      ['a', 'pid-424242', 'deploy'],
    ],
  );
  t.is(
    table,
    [
      'App    Build ID    Kind\n', //
      'myapp  b1          build\n',
      'a      pid-424242  deploy\n',
    ].join(''),
  );
});

test('a table without rows is its header', (t) => {
  t.is(formatTable(['App', 'Kind'], []), 'App  Kind\n');
});

test('empty cells at the end of a line leave no blanks', (t) => {
  t.is(formatTable(['A', 'B', 'C'], [['x', '', '']]), 'A  B  C\nx\n');
});

test('a cell cannot break the line or reach the terminal with an escape', (t) => {
  t.is(formatTable(['A', 'B'], [['x\ny', '\u001b[31m']]), 'A       B\nx\\x0ay  \\x1b[31m\n');
});

test('a column is as wide as a terminal shows it', (t) => {
  t.is(formatTable(['A', 'B'], [['\u{1f600}\u{1f600}', 'y']]), 'A     B\n\u{1f600}\u{1f600}  y\n');
});

test('a table may have more rows than a call has arguments', (t) => {
  const rows = Array.from({ length: 200_000 }, (_, n) => [String(n)]);
  t.is(formatTable(['N'], rows).split('\n').length, 200_002);
});
