import test from 'ava';
import stringWidth from 'string-width';

import type { Terminal } from '../../../../host/terminal/terminal';
import { type Column, formatTerminalTable } from '../../../../host/terminal/table/terminalTable';
import { fit, fitExactly, NARROW, widthOf } from '../../../../host/terminal/table/width';

const plain: Terminal = { columns: undefined, colour: false, unicode: true };
const columns: readonly Column[] = [
  { name: 'Id' },
  { name: 'PID', gives: 1, right: true },
  { name: 'Source', cut: { to: 4, at: 2 } },
];
const rows = [
  ['b1', '7', 'git-hook'],
  ['b2', '4242', 'ps:restart'],
];

function lines(width: number | undefined, rest: Partial<Terminal> = {}): string[] {
  return formatTerminalTable(columns, rows, { ...plain, columns: width, ...rest }).split('\n');
}

test('a table that fits is whole, and so is one on a terminal that does not say how wide it is', (t) => {
  const whole = ['Id   PID  Source', 'b1     7  git-hook', 'b2  4242  ps:restart', ''];
  t.deepEqual(lines(20), whole);
  t.deepEqual(lines(undefined), whole);
});

test('the column that is missed least gives first: it is left out, then others are cut, then the right end', (t) => {
  t.deepEqual(lines(19), ['Id  Source', 'b1  git-hook', 'b2  ps:restart', '']);
  t.deepEqual(lines(11), ['Id  Source', 'b1  git-ho…', 'b2  ps:res…', '']);
  t.deepEqual(lines(8), ['Id  Sou…', 'b1  git…', 'b2  ps:…', '']);
  t.deepEqual(lines(5), ['Id  …', 'b1  …', 'b2  …', '']);
  t.deepEqual(lines(2), ['Id', 'b1', 'b2', '']);
});

test('a column that was cut can be left out later', (t) => {
  const some: readonly Column[] = [
    { name: 'Id' },
    { name: 'Source', gives: 3, cut: { to: 4, at: 1 } },
    { name: 'Who', gives: 2 },
  ];
  const text = (width: number) => formatTerminalTable(some, [['b1', 'git-hook', 'ann']], { ...plain, columns: width });
  t.is(text(13), 'Id  Sou…  Who\nb1  git…  ann\n');
  t.is(text(9), 'Id  Sou…\nb1  git…\n');
  t.is(text(7), 'Id\nb1\n');
});

test('of a narrow table a column without a word is left out first', (t) => {
  const some: readonly Column[] = [{ name: 'Id' }, { name: 'Commit', gives: 9 }, { name: 'Who', gives: 1 }];
  const text = (width: number) => formatTerminalTable(some, [['b1', '', 'ann']], { ...plain, columns: width });
  t.is(text(15), 'Id  Commit  Who\nb1          ann\n');
  t.is(text(14), 'Id  Who\nb1  ann\n');
});

test('colours take no room', (t) => {
  const painted = columns.map((column) => ({ ...column, colour: () => 'red' as const }));
  const text = formatTerminalTable(painted, rows, { ...plain, columns: 8, colour: true });
  t.is(text.split('\n')[1], '\u001b[31mb1\u001b[0m  \u001b[31mgit…\u001b[0m');
});

test('a wide character takes two columns, and a mark on another character none', (t) => {
  t.is(widthOf('ab'), 2);
  t.is(widthOf('\u5c4b'), 2);
  t.is(widthOf('\u{1f600}…█'), 4);
  t.is(widthOf('e\u0301'), 1);
  t.is(widthOf('\u{1f468}\u200d\u{1f469}\u200d\u{1f467}'), 2);
  t.is(fit('\u5c4b\u5c4b\u5c4b', 5, plain), '\u5c4b\u5c4b…');
  t.is(fit('\u5c4b\u5c4b\u5c4b', 4, plain), '\u5c4b…');
  t.is(fit('abc', 0, plain), '');
  t.is(fit('abcdef', 4, { unicode: false }), 'abc~');
});

test('what is taken for narrow without being measured is narrow', (t) => {
  const all = Array.from({ length: 0x3000 }, (_, code) => String.fromCharCode(code)).filter((one) => NARROW.test(one));
  t.true(all.length > 1000);
  for (const one of all) t.is(stringWidth(one), 1, one);
  t.is(stringWidth(all.join('')), all.length);
});

test('text is cut and padded to exactly the columns there are', (t) => {
  t.is(fitExactly('abc', 5, plain), 'abc  ');
  t.is(fitExactly('abcdef', 5, plain), 'abcd…');
  t.is(fitExactly('日本語', 6, plain), '日本語');
  t.is(fitExactly('日本語', 4, plain), '日… ');
  t.is(fitExactly('é́x', 3, plain), 'é́x ');
  t.is(fitExactly('abc', 0, plain), '');
});
