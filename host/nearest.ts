/**
 * The one of `candidates` that was most likely meant by `text`: one that differs by one typing error, else the only
 * one that begins with `text`, else, for a long word, one that differs by two errors. Undefined if none is near; of
 * several, the first. By hand: a package would replace only the twenty lines below.
 */
export function nearest(text: string, candidates: readonly string[]): string | undefined {
  let best: string | undefined;
  let fewest = Number.POSITIVE_INFINITY;
  for (const candidate of candidates) {
    const most = Math.max(text.length, candidate.length) <= SHORT_LENGTH ? 1 : 2;
    if (Math.abs(text.length - candidate.length) > most) continue;
    const slips = slipsBetween(text, candidate);
    if (slips <= most && slips < fewest) [best, fewest] = [candidate, slips];
  }
  return fewest <= 1 ? best : (completed(text, candidates) ?? best);
}

const SHORT_LENGTH = 5;
const SHORTEST_BEGINNING = 2;

function completed(text: string, candidates: readonly string[]): string | undefined {
  if (text.replace(/^-+/, '').length < SHORTEST_BEGINNING) return undefined;
  const begun = candidates.filter((candidate) => candidate.startsWith(text));
  return begun.length === 1 ? begun[0] : undefined;
}

/**
 * How many slips make `a` of `b`: a letter left out, put in, mistaken for another, or two that changed places (the
 * Damerau-Levenshtein distance in which no letter is part of two slips). Three rows of the matrix are enough.
 */
export function slipsBetween(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const mistaken = at(last, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      row.push(Math.min(at(last, j) + 1, at(row, j - 1) + 1, mistaken, swapped ? at(beforeLast, j - 2) + 1 : mistaken));
    }
    [beforeLast, last] = [last, row];
  }
  return at(last, b.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Number.POSITIVE_INFINITY;
}
