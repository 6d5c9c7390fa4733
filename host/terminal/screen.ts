import { visible } from '../printable';
import { LINE_DRAWING, lineDrawing } from './lineDrawing';
import { Row, type Span } from './table/row';
import { applySgr, PLAIN, type Style } from './style';
import { charactersOf } from './table/width';

/** A terminal has so many rows: the cursor does not move up further than this from the last one. */
const SCREEN_ROWS = 50;
/**
 * The cursor moves right no further than this, or than the row's end where that is later: nobody can ask for a
 * gigabyte of blanks.
 */
const LAST_COLUMN = 199;
const TAB_COLUMNS = 8;

/** What a program can save and restore. */
interface Saved {
  readonly row: number;
  readonly column: number;
  readonly style: Style;
  readonly sets: readonly [string, string];
  readonly set: 0 | 1;
}

/**
 * What a program has printed, as a terminal shows it that scrolls back to the beginning and has room on its right: a
 * line is never wrapped. A program that clears the screen begins below what was there, as in terminals that keep what
 * was cleared.
 */
export class Screen {
  readonly #rows: Row[] = [new Row()];
  #row = 0;
  #column = 0;
  #style: Style = PLAIN;
  /** The final characters of the character sets G0 and G1, and which of them is in use. */
  #sets: readonly [string, string] = ['B', 'B'];
  #set: 0 | 1 = 0;
  #saved: Saved = { row: 0, column: 0, style: PLAIN, sets: this.#sets, set: 0 };
  /** The last character that was written, if nothing else came behind it. */
  #repeatable = '';
  /** First row behind the last that was cleared. */
  #cleared = 0;

  /** What each line shows. */
  lines(): Span[][] {
    return this.#rows.map((row) => row.toSpans());
  }

  /** Text without control characters. What would turn it around is shown as an escape. */
  write(text: string): void {
    const drawn = this.#sets[this.#set] === LINE_DRAWING ? lineDrawing(text) : text;
    this.#column = this.#current.write(visible(drawn), this.#style, this.#column);
    this.#repeatable = charactersOf(text).at(-1) ?? '';
  }

  /** A control character (C0 or C1) or string. Those that do not change the screen, such as a bell, are ignored. */
  control(character: string): void {
    this.#repeatable = '';
    Screen.#controls.get(character)?.(this);
  }

  /** ESC with `place`, and the final character of the character set that is put there. */
  characterSet(place: string, set: string): void {
    this.#repeatable = '';
    const [first, second] = this.#sets;
    if (place === '(') this.#sets = [set, second];
    if (place === ')') this.#sets = [first, set];
  }

  /** An escape sequence of one character behind ESC. Others than those that move or clear do nothing. */
  escape(character: string): void {
    this.#repeatable = '';
    Screen.#escapes.get(character)?.(this);
  }

  /**
   * A control sequence: what stands between CSI and its last character, and that one. Those that style or move
   * nothing do nothing.
   */
  controlSequence(parameters: string, final: string): void {
    if (final !== 'b') this.#repeatable = '';
    if (final === 'm' && SGR.test(parameters)) this.#style = applySgr(this.#style, parameters);
    if (!NUMBERS.test(parameters)) return; // private ones: modes, the form of the cursor
    const [first = 0, second = 0] = parameters.split(';').map(Number);
    Screen.#sequences.get(final)?.(this, Math.max(1, first), { first, second });
  }

  static readonly #controls = new Map<string, (on: Screen) => void>([
    ...['\n', '\v', '\f', '\u0084', '\u0085'].map(
      (feed) => [feed, (on: Screen) => on.#moveTo(on.#row + 1, 0)] as const,
    ),
    ['\r', (on) => (on.#column = 0)],
    ['\b', (on) => (on.#column = Math.max(0, on.#column - 1))],
    ['\u000e', (on) => (on.#set = 1)],
    ['\u000f', (on) => (on.#set = 0)],
    ['\t', (on) => (on.#column += TAB_COLUMNS - (on.#column % TAB_COLUMNS))],
  ]);

  static readonly #escapes = new Map<string, (on: Screen) => void>([
    ['7', (on) => on.#save()],
    ['8', (on) => on.#restore()],
    ['D', (on) => on.#moveTo(on.#row + 1, on.#column)],
    ['E', (on) => on.#moveTo(on.#row + 1, 0)],
    ['M', (on) => on.#moveTo(on.#row - 1, on.#column)],
    ['c', (on) => on.#reset()],
  ]);

  /** By the last character. `count` is the first parameter, at least 1; a parameter that is not there is 0. */
  static readonly #sequences = new Map<
    string,
    (on: Screen, count: number, given: { readonly first: number; readonly second: number }) => void
  >([
    ['A', (on, count) => on.#moveTo(on.#row - count, on.#column)],
    ['B', (on, count) => on.#moveTo(on.#row + count, on.#column)],
    ['e', (on, count) => on.#moveTo(on.#row + count, on.#column)],
    ['C', (on, count) => on.#moveToColumn(on.#column + count)],
    ['a', (on, count) => on.#moveToColumn(on.#column + count)],
    ['D', (on, count) => on.#moveToColumn(on.#column - count)],
    ['E', (on, count) => on.#moveTo(on.#row + count, 0)],
    ['F', (on, count) => on.#moveTo(on.#row - count, 0)],
    ['G', (on, count) => on.#moveToColumn(count - 1)],
    ['`', (on, count) => on.#moveToColumn(count - 1)],
    ['H', (on, count, { second }) => on.#moveToPlace(count, second)],
    ['f', (on, count, { second }) => on.#moveToPlace(count, second)],
    ['d', (on, count) => on.#moveTo(on.#top + count - 1, on.#column)],
    ['J', (on, _, { first }) => on.#eraseOnScreen(first)],
    ['K', (on, _, { first }) => on.#eraseInRow(first)],
    ['X', (on, count) => on.#current.erase(on.#column, on.#column + count)],
    ['P', (on, count) => on.#current.delete(on.#column, count)],
    ['@', (on, count) => on.#current.insert(on.#column, count, LAST_COLUMN)],
    ['b', (on, count) => on.#repeat(count)],
    ['s', (on) => on.#save()],
    ['u', (on) => on.#restore()],
  ]);

  get #current(): Row {
    return (this.#rows[this.#row] ??= new Row());
  }

  /** First row that the cursor can reach. */
  get #top(): number {
    return Math.max(this.#cleared, this.#rows.length - SCREEN_ROWS);
  }

  /** A row further down than the next is not reached: a few bytes must not make thousands of rows. */
  #moveTo(row: number, column: number): void {
    this.#row = Math.max(this.#top, Math.min(row, this.#rows.length));
    this.#column = column;
    if (this.#row === this.#rows.length) this.#rows.push(new Row());
  }

  #moveToColumn(column: number): void {
    this.#column = Math.max(0, Math.min(column, Math.max(LAST_COLUMN, this.#current.width, this.#column)));
  }

  /** Rows and columns of the screen are counted from 1. */
  #moveToPlace(row: number, column: number): void {
    this.#moveTo(this.#top + row - 1, 0);
    this.#moveToColumn(Math.max(1, column) - 1);
  }

  /** At most up to the last column that the cursor can reach. */
  #repeat(count: number): void {
    const room = Math.max(0, LAST_COLUMN + 1 - this.#column);
    this.write(this.#repeatable.repeat(Math.min(count, room)));
    this.#repeatable = '';
  }

  #save(): void {
    this.#saved = { row: this.#row, column: this.#column, style: this.#style, sets: this.#sets, set: this.#set };
  }

  #restore(): void {
    const { row, column, style, sets, set } = this.#saved;
    this.#moveTo(row, column);
    [this.#style, this.#sets, this.#set] = [style, sets, set];
  }

  #reset(): void {
    this.#style = PLAIN;
    this.#sets = ['B', 'B'];
    this.#set = 0;
    this.#clear();
    this.#column = 0;
  }

  #clear(): void {
    if (this.#rows.at(-1)?.width !== 0) this.#rows.push(new Row());
    this.#cleared = this.#row = this.#rows.length - 1;
  }

  #eraseOnScreen(part: number): void {
    if (part === 0) {
      this.#rows.length = this.#row + 1;
      this.#eraseInRow(0);
    } else if (part === 1) {
      for (let row = this.#top; row < this.#row; row++) this.#rows[row] = new Row();
      this.#eraseInRow(1);
    } else this.#clear();
  }

  #eraseInRow(part: number): void {
    const from = part === 0 ? this.#column : 0;
    const to = part === 1 ? this.#column + 1 : Number.POSITIVE_INFINITY;
    this.#current.erase(from, to);
  }
}

const SGR = /^[\d;:]*$/;
const NUMBERS = /^[\d;]*$/;
