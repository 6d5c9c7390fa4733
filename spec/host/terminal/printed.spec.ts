import { Terminal } from '@xterm/headless';
import test from 'ava';
import fc from 'fast-check';

import {
  lineWidth,
  type PrintedLine,
  readPrinted,
  readPrintedText,
  sliceLine,
  textOf,
  wrapLine,
} from '../../../host/terminal/printed';
import { sgrOf } from '../../../host/terminal/style';
import { charactersOf, widthOf } from '../../../host/terminal/table/width';
import { anyText } from '../../anyText';

const shown = (text: string): string => readPrintedText(text).join('\n');

test('a carriage return writes over the line, and leaves what is behind', (t) => {
  t.is(shown('10 %\r50 %\r100 %'), '100 %');
  t.is(shown('long line\rshort'), 'shortline');
  t.is(shown('one\r\ntwo\r\n'), 'one\ntwo');
});

test('a progress bar of 7 kB ends at 100 %, and its colours survive', (t) => {
  const states = Array.from({ length: 201 }, (_, n) => `\r\u001b[2K\u001b[32m${'#'.repeat(n / 4)}\u001b[0m ${n / 2} %`);
  const text = `Downloading\n${states.join('')}\ndone\n`;
  t.true(text.length > 7000);
  t.is(shown(text), `Downloading\n${'#'.repeat(50)} 100 %\ndone`);
  t.deepEqual(readPrinted(text)[1], [
    { text: '#'.repeat(50), style: { colour: 2 } },
    { text: ' 100 %', style: {} },
  ]);
});

test('backspaces, tabs, and the cursor to a column', (t) => {
  t.is(shown('working |\b/\b-\bdone'), 'working done');
  t.is(shown('a\tb\r\tc'), 'a       c');
  t.is(shown('name\u001b[20Gok\u001b[3Gx'), 'naxe               ok');
  t.is(shown('abc\u001b[2D_\u001b[1C!'), 'a_c!');
});

test('erased lines, parts of them, and characters', (t) => {
  t.is(shown('abcdef\u001b[3D\u001b[K!'), 'abc!');
  t.is(shown('abcdef\u001b[3D\u001b[1K!'), '   !ef');
  t.is(shown('abcdef\u001b[2Kx'), '      x');
  t.is(shown('abcdef\r\u001b[2P\u001b[1@'), ' cdef');
  t.is(shown('abcdef\r\u001b[2X'), '  cdef');
});

test('a block that is written again and again is shown once', (t) => {
  const block = (n: number): string => `app ${n}\ndb ${n}\n`;
  t.is(shown(`start\n${block(1)}\u001b[2A\u001b[J${block(2)}\u001b[2F${block(3)}end`), 'start\napp 3\ndb 3\nend');
  t.is(shown('one\ntwo\u001b[s\u001b[1A\r1st\u001b[u!\u001b7\u001bM\u001b8?'), '1st\ntwo!?');
});

test('a screen that is cleared begins below what was there', (t) => {
  t.is(shown('before\n\u001b[2J\u001b[Hfirst\u001b[2;5Hsecond\u001bc'), 'before\nfirst\n    second');
  t.is(shown('\u001b[2J\u001b[2J\u001b[3Jx'), 'x');
});

test('characters that are repeated, and those of the set for lines and frames', (t) => {
  t.is(shown('=\u001b[4b> \u001b[3b|\r\u001b[3b'), '=====>    |');
  t.is(shown('\u001b(0lqqk\nx\u001b(Bxx\u001b(0x\nm\u0071\u001b[bj\u001b(B ok'), '┌──┐\n│xx│\n└──┘ ok');
  t.is(shown('\u001b)0a\u000ea\u000fa \u000eq\u001bcq'), 'a▒a ─\nq');
});

test('wide characters and marks take the room that they take on a terminal', (t) => {
  t.is(shown('日本語\r\u001b[2Cx'), '日x 語');
  t.is(shown('日本\b-'), '日 -');
  t.is(shown('ae\u0301o\b\b_'), 'a_o');
  t.is(shown('日本語\u001b[3G\u001b[1K'), '    語');
  t.is(shown('\u{1f600}\u{1f600}\b\bok'), '\u{1f600}ok');
});

test('titles, links, modes and unknown sequences leave nothing behind, and swallow no line', (t) => {
  t.is(
    shown('\u001b]0;title\u0007a\u001b]8;;https://x\u001b\\link\u001b]8;;\u001b\\\u001b[?25l\u001b[?1049hb'),
    'alinkb',
  );
  t.is(shown('\u001b]0;without an end\nnext \u001bPstring\u001b\\\u001b(K\u001b[5 q\u009b31mred'), '\nnext red');
  t.is(shown('nul\u0000 bell\u0007 del\u007f \u001b[31'), 'nul bell del');
  t.is(shown('left \u202eturned'), 'left \\u202eturned');
});

test('a few bytes cannot ask for much', (t) => {
  t.true(shown('\u001b[999999999Cx\u001b[999999999Gy\u001b[999999999@').length < 500);
  t.true(shown('x\u001b[999999999b'.repeat(3)).length < 500);
  t.true(readPrinted('\u001b[999999999B\u001b[999999999;1Hx').length < 5);
  t.is(shown('x\u001b[999999999D\u001b[999999999Ay'), 'y');
});

test('styles are those of SGR, over line breaks, with 256 and direct colours', (t) => {
  t.deepEqual(readPrinted('\u001b[1;38;5;208mor\nange\u001b[m \u001b[38:2::1:2:3;48;5;4mx\u001b[22;39;49my'), [
    [{ text: 'or', style: { bold: true, colour: '#ff8700' } }],
    [
      { text: 'ange', style: { bold: true, colour: '#ff8700' } },
      { text: ' ', style: {} },
      { text: 'x', style: { colour: '#010203', background: 4 } },
      { text: 'y', style: {} },
    ],
  ]);
});

const anyStyle = fc.constantFrom(
  '0',
  '',
  '1',
  '2;3',
  '7',
  '31',
  '92',
  '44',
  '38;5;200',
  '48;2;1;2;3',
  '39',
  '49',
  '22',
);
const word = fc.constantFrom('a', 'bc', 'line', '日', '本語', 'e\u0301', ' ', '##');
const motion = fc.oneof(
  fc.constantFrom('\r', '\b', '\n', '\t', '\u001b[K', '\u001b[1K', '\u001b[2K', '\u001b[J', '\u001b[1J', '\u001b[B'),
  fc.constantFrom(
    '\u001b7',
    '\u001b8',
    '\u001b[s',
    '\u001b[u',
    '\u001bD',
    '\u001bE',
    '\u001b[?25h',
    '\u001b(0',
    '\u001b(B',
    '\u0007',
    '\u001b]0;t\u0007',
  ),
  fc
    .tuple(fc.integer({ min: 0, max: 12 }), fc.constantFrom('A', 'C', 'D', 'F', 'G', 'P', 'X', '@', 'b'))
    .map(([n, final]) => `\u001b[${n}${final}`),
  anyStyle.map((parameters) => `\u001b[${parameters}m`),
);
const printed = fc.array(fc.oneof(word, motion), { maxLength: 40 }).map((parts) => parts.join(''));

/** The rows of a terminal emulator that was given `text`, without blanks and empty rows at the end. */
async function onTerminal(text: string): Promise<string[]> {
  const terminal = new Terminal({ cols: 1000, rows: 50, convertEol: true, allowProposedApi: true });
  await new Promise<void>((resolve) => terminal.write(text, resolve));
  const { active } = terminal.buffer;
  const rows = Array.from(
    { length: active.length },
    (_, n) => active.getLine(n)?.translateToString(true).trimEnd() ?? '',
  );
  terminal.dispose();
  return rows.slice(0, rows.findLastIndex((row) => row !== '') + 1);
}

test('any output reads as a terminal emulator shows it', async (t) => {
  await fc.assert(
    fc.asyncProperty(printed, async (text) => {
      const lines = readPrintedText(text).map((line) => line.trimEnd());
      t.deepEqual(lines.slice(0, lines.findLastIndex((line) => line !== '') + 1), await onTerminal(text));
    }),
    { numRuns: 300 },
  );
});

const noise = fc
  .array(fc.oneof(printed, anyText(), fc.constantFrom('\u001b[', '\u009b', '\u001b]', '\u001bP', '\u0090', '\u202e')))
  .map((parts) => parts.join(''));

test('whatever is printed, no control character is left, and no line is lost', (t) => {
  fc.assert(
    fc.property(noise, (text) => {
      for (const line of readPrintedText(text)) t.notRegex(line, /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u);
    }),
  );
});

test('a line that is printed again with its styles reads the same', (t) => {
  fc.assert(
    fc.property(noise, (text) => {
      const lines = readPrinted(text);
      const styled = lines.map((line) => line.map(({ text: part, style }) => sgrOf(style) + part).join(''));
      t.deepEqual(readPrintedText(styled.map((line) => `${line}${sgrOf({})}\n`).join('')), lines.map(textOf));
    }),
  );
});

/** A letter with its marks is never cut, and may be wider than a narrow terminal. */
function hasOneCharacter(piece: PrintedLine): boolean {
  return charactersOf(textOf(piece)).filter((one) => widthOf(one) > 0).length === 1;
}

test('a line can be cut and wrapped at any column', (t) => {
  fc.assert(
    fc.property(noise, fc.integer({ min: 2, max: 30 }), fc.nat(30), (text, columns, from) => {
      for (const line of readPrinted(text)) {
        const pieces = wrapLine(line, columns);
        t.is(pieces.map(textOf).join(''), textOf(line));
        for (const piece of pieces) t.true(lineWidth(piece) <= columns || hasOneCharacter(piece));
        t.true(lineWidth(sliceLine(line, from, columns)) <= columns);
        t.true(textOf(line).includes(textOf(sliceLine(line, from, columns))));
      }
    }),
  );
  t.deepEqual(wrapLine([{ text: '日本語', style: {} }], 5).map(textOf), ['日本', '語']);
  t.is(textOf(sliceLine([{ text: '日本語x', style: {} }], 1, 4)), '本');
  // As many UTF-16 code units as columns, but not one for each.
  t.is(textOf(sliceLine([{ text: '\u{1f210}\u2e80\u{3fffe}', style: {} }], 0, 3)), '\u{1f210}');
});
