/** The sixteen colours of a terminal, each readable on the ground of a log. */
const PALETTE =
  '#8b949e #ff7b72 #56d364 #e3b341 #79b8ff #d2a8ff #56d4dd #dfe4ea ' +
  '#a5adb8 #ffa198 #7ee787 #f2cc60 #a5d6ff #e2c5ff #8ceaf2 #ffffff';
const GROUNDS =
  '#000000 #8e1519 #116329 #7d4e00 #0a3069 #512a97 #0b5c66 #b1bac4 ' +
  '#484f58 #cf222e #1a7f37 #9a6700 #0969da #8250df #1b7c83 #f6f8fa';

/**
 * A log is a terminal, dark also on a light page. `text-1` and `ground-1` are colours by their numbers, `text-front`
 * and `ground-back` those of text without a colour. Its newest lines are seen first.
 */
export const LOG_STYLE = `
.log {
  max-height: 28rem; background: #14171c; border: 1px solid var(--line); color: #dfe4ea;
  white-space: pre-wrap; overflow-wrap: anywhere; unicode-bidi: plaintext;
  display: flex; flex-direction: column-reverse;
}
.log code { font: inherit; }
${PALETTE.split(' ')
  .map((colour, n) => `.text-${n} { color: ${colour}; }`)
  .join('\n')}
${GROUNDS.split(' ')
  .map((colour, n) => `.ground-${n} { background: ${colour}; }`)
  .join('\n')}
.ground-7, .ground-15 { color: #14171c; }
.text-front { color: #dfe4ea; }
.text-back { color: #14171c; }
.ground-front { background: #dfe4ea; }
.ground-back { background: #14171c; }
.bold { font-weight: 700; }
.dim { opacity: .75; }
.italic { font-style: italic; }
.underline { text-decoration: underline; }
.strike { text-decoration: line-through; }`;
