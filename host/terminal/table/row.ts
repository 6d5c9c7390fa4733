import { isSameStyle, PLAIN, type Style } from '../style';
import { charactersOf, widthOf } from './width';

/** A piece of text in one style. It holds no control character. */
export interface Span {
  readonly text: string;
  readonly style: Style;
}

/** One column of a row that was written over. The second column of a wide character has the text ''. */
interface Cell {
  readonly text: string;
  readonly style: Style;
}

const BLANK: Cell = { text: ' ', style: PLAIN };

/** One row of a screen. Columns are counted from 0; a row has no end on its right. */
export class Row {
  #spans: Span[] = [];
  #width = 0;
  /** Instead of the spans, from the first time that something is written over or erased: few rows ever need it. */
  #cells: Cell[] | undefined;

  get width(): number {
    return this.#cells?.length ?? this.#width;
  }

  /** Writes `text`, which holds no control character, from `column` on; returns the column behind it. */
  write(text: string, style: Style, column: number): number {
    if (this.#cells === undefined && column >= this.#width) {
      this.#append(' '.repeat(column - this.#width), PLAIN);
      this.#append(text, style);
      return this.#width;
    }
    const cells = this.#asCells();
    let at = column;
    for (const character of charactersOf(text)) {
      const width = widthOf(character);
      if (width === 0) joinTo(cells, at - 1, character);
      else put(cells, at, width, { text: character, style });
      at += width;
    }
    return at;
  }

  /** Makes the columns from `from` up to `to` blank. */
  erase(from: number, to: number): void {
    if (from >= this.width) return;
    const cells = this.#asCells();
    const end = Math.min(to, cells.length);
    splitWide(cells, from);
    splitWide(cells, end);
    if (end === cells.length) cells.length = from;
    else cells.fill(BLANK, from, end);
  }

  /** Takes out `count` columns at `column`; what is behind them moves there. */
  delete(column: number, count: number): void {
    const cells = this.#asCells();
    splitWide(cells, column);
    splitWide(cells, column + count);
    cells.splice(column, count);
  }

  /** Puts `count` blank columns at `column`; what is there moves behind them, and at most to the column `last`. */
  insert(column: number, count: number, last: number): void {
    const width = this.width;
    if (column >= width) return;
    const cells = this.#asCells();
    splitWide(cells, column);
    cells.splice(column, 0, ...Array.from({ length: Math.min(count, last) }, () => BLANK));
    const end = Math.max(width, last + 1);
    splitWide(cells, end);
    cells.length = Math.min(cells.length, end);
  }

  /** What is seen: blanks at the end that nothing makes visible are left out. */
  toSpans(): Span[] {
    const spans = this.#cells === undefined ? [...this.#spans] : joined(this.#cells);
    for (let last = spans.at(-1); last !== undefined && isUnseen(last.style); last = spans.at(-1)) {
      const text = last.text.trimEnd();
      spans.pop();
      if (text === '') continue;
      spans.push({ ...last, text });
      break;
    }
    return spans;
  }

  #append(text: string, style: Style): void {
    if (text === '') return;
    const last = this.#spans.at(-1);
    if (last !== undefined && isSameStyle(last.style, style)) {
      this.#spans[this.#spans.length - 1] = { text: last.text + text, style: last.style };
    } else this.#spans.push({ text, style });
    this.#width += widthOf(text);
  }

  #asCells(): Cell[] {
    if (this.#cells !== undefined) return this.#cells;
    const cells: Cell[] = [];
    for (const { text, style } of this.#spans) {
      for (const character of charactersOf(text)) {
        const width = widthOf(character);
        if (width === 0) joinTo(cells, cells.length - 1, character);
        else put(cells, cells.length, width, { text: character, style });
      }
    }
    this.#cells = cells;
    this.#spans = [];
    return cells;
  }
}

function put(cells: Cell[], column: number, width: number, cell: Cell): void {
  while (cells.length < column) cells.push(BLANK);
  splitWide(cells, column);
  splitWide(cells, column + width);
  cells[column] = cell;
  for (let n = 1; n < width; n++) cells[column + n] = { text: '', style: cell.style };
}

/** Makes blanks of a wide character that begins before `column` and ends behind it. */
function splitWide(cells: Cell[], column: number): void {
  if (cells[column]?.text !== '') return;
  let from = column;
  while (cells[from]?.text === '') cells[from--] = BLANK;
  cells[from] = BLANK;
  for (let to = column + 1; cells[to]?.text === ''; to++) cells[to] = BLANK;
}

/** Puts a mark onto the character that takes `column`. */
function joinTo(cells: Cell[], column: number, mark: string): void {
  let at = column;
  while (cells[at]?.text === '') at -= 1;
  const cell = cells[at];
  if (cell !== undefined) cells[at] = { text: cell.text + mark, style: cell.style };
}

function joined(cells: readonly Cell[]): Span[] {
  const spans: { text: string; style: Style }[] = [];
  for (const { text, style } of cells) {
    const last = spans.at(-1);
    if (last !== undefined && isSameStyle(last.style, style)) last.text += text;
    else spans.push({ text, style });
  }
  return spans;
}

/** Whether a blank in this style is not seen. */
function isUnseen({ background, inverse, underline, strike }: Style): boolean {
  return background === undefined && !inverse && !underline && !strike;
}
