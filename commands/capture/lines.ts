export const LINE_END = 0x0a;

/** How many lines end in `bytes`. */
export function countLines(bytes: Uint8Array): number {
  let lines = 0;
  for (let at = bytes.indexOf(LINE_END); at >= 0; at = bytes.indexOf(LINE_END, at + 1)) lines += 1;
  return lines;
}

/** The end of the first line of `bytes`: the offset behind its line break, or their length if there is none. */
export function endOfLine(bytes: Uint8Array): number {
  return bytes.indexOf(LINE_END) + 1 || bytes.length;
}

/** Whether `bytes` end with a whole line. */
export function endsLine(bytes: Uint8Array): boolean {
  return bytes.at(-1) === LINE_END;
}
