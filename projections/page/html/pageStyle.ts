import { CHART_STYLE } from './chartStyle';
import { LOG_STYLE } from './logStyle';
import { TABLE_STYLE } from './tableStyle';

/** Colours are checked for a contrast of 4.5 to 1 on their ground, light and dark. */
const COLOURS = `
:root {
  --ground: #fff; --raised: #f4f6f8; --text: #1b2027; --quiet: #57606c; --line: #d5dae1; --frame: #8a93a0;
  --link: #0b5cad; --focus: #0b5cad;
  --succeeded: #1a7f37; --failed: #c0242f; --canceled: #6b5b00; --running: #0b5cad; --abandoned: #8a4b00;
  --unknown: #8a4b00;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #12151a; --raised: #1a1f26; --text: #e4e8ee; --quiet: #9aa5b3; --line: #323a45; --frame: #6b7686;
    --link: #79b8ff; --focus: #ffd33d;
    --succeeded: #56c271; --failed: #ff7b82; --canceled: #d8c04a; --running: #79b8ff; --abandoned: #f0a55a;
    --unknown: #f0a55a;
  }
}`;

const LAYOUT = `
* { box-sizing: border-box; }
[hidden] { display: none !important; }
html { scroll-padding-top: 4.5rem; -webkit-text-size-adjust: 100%; }
body {
  margin: 0 auto; max-width: 80rem; padding: 1rem 1.25rem 3rem;
  background: var(--ground); color: var(--text);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", sans-serif;
}
a { color: var(--link); }
:focus-visible { outline: 3px solid var(--focus); outline-offset: 2px; border-radius: 3px; }
main:focus { outline: 0; }
.sr-only, .skip:not(:focus) {
  position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap;
}
.skip:focus {
  position: absolute; left: 1rem; top: .5rem; z-index: 2;
  background: var(--ground); padding: .5rem 1rem; border: 2px solid;
}
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0; overflow-wrap: anywhere; }
h2 { font-size: 1.25rem; margin: 2.25rem 0 .75rem; padding-bottom: .3rem; border-bottom: 1px solid var(--line); }
h3 { font-size: 1rem; }
h4 { font-size: .85rem; margin: .75rem 0 .3rem; color: var(--quiet); }
code { font: .92em ui-monospace, "DejaVu Sans Mono", monospace; }
header .product { margin: 0; color: var(--quiet); font-size: .85rem; letter-spacing: .04em; }
.quiet, figcaption, small { color: var(--quiet); font-size: .85rem; }
header .quiet { margin: .3rem 0; }
header .note { margin: .3rem 0; font-weight: 600; }
.filters {
  position: sticky; top: 0; z-index: 1; display: flex; flex-wrap: wrap; gap: .4rem 1rem; align-items: center;
  margin: .75rem 0; padding: .5rem 0; background: var(--ground); border-bottom: 1px solid var(--line);
  font-size: .9rem; color: var(--quiet);
}
.filters input, .filters select {
  font: inherit; color: var(--text); background: var(--raised);
  border: 1px solid var(--frame); border-radius: 6px; padding: .25rem .5rem;
}
.filters input { width: 16rem; max-width: 60vw; }
.running-now, .failures { list-style: none; padding: 0; margin: .75rem 0; }
.running-now { display: flex; flex-wrap: wrap; gap: .4rem; }
.running-now li {
  background: var(--raised); border: 1px solid var(--line); border-radius: 6px; padding: .15rem .6rem;
}
.failures li {
  border-left: 4px solid var(--failed); background: var(--raised); border-radius: 0 8px 8px 0;
  margin: .5rem 0; padding: .5rem .9rem;
}
.failures p { margin: 0; }
.failures time { color: var(--quiet); font-size: .85rem; }
.why { margin: .15rem 0; overflow-wrap: anywhere; }
.why code { color: var(--failed); }
.more .why { padding: .1rem 0; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)); gap: .75rem; margin: 0; }
.figures div { background: var(--raised); border: 1px solid var(--line); border-radius: 8px; padding: .7rem 1rem; }
dt { color: var(--quiet); font-size: .85rem; }
dd { margin: 0; font-size: 1.6rem; font-weight: 600; line-height: 1.3; }
dd small { font-weight: 400; display: block; min-height: 1.3em; line-height: 1.3; }
figure { margin: 1.5rem 0 .5rem; }
footer { margin-top: 3rem; border-top: 1px solid var(--line); color: var(--quiet); font-size: .85rem; }`;

/** On a phone a row is a block with its cells named; an empty cell takes no room. */
const PHONE = `
@media (max-width: 46rem) {
  body { padding: .75rem .9rem 2rem; }
  .filters { position: static; }
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  table, tbody, tr, caption { display: block; }
  tbody tr { padding: .5rem 0; }
  tbody tr.more { padding: 0; }
  .builds tr:not(.more), .apps tr { display: flex; flex-wrap: wrap; gap: .1rem .9rem; align-items: baseline; }
  th, td { padding: 0; }
  td:empty { display: none; }
  .more td { display: block; }
  .builds tr:not(.more) th, .apps th { flex: 1 1 50%; }
  .builds tr:not(.more) td:nth-child(3), .apps td:nth-child(4) { flex: 1 1 100%; width: auto; }
  .builds tr:not(.more) td::before, .apps td::before { color: var(--quiet); font-weight: 400; }
  .builds td:nth-child(4)::before { content: "Took "; }
  .builds td:nth-child(5)::before { content: "Commit "; }
  .builds td:nth-child(6)::before { content: "By "; }
  .builds td:nth-child(8)::before { content: "Exit "; }
  .apps td:nth-child(5)::before { content: "Success "; }
  .apps td:nth-child(6)::before { content: "Median "; }
  .apps td:nth-child(7)::before { content: "Builds "; }
  .details { padding-left: 0; }
  .events { padding-left: 1.75rem; }
  .below span:nth-child(even):not(:last-child) { display: none; }
}`;

const PRINT = `
@media print {
  body { max-width: none; padding: 0; font-size: 11pt; }
  .filters, .skip, .more:not(:has(details[open])):not(:has(.why)), .more summary, .app:not([open]) { display: none; }
  .more details:not([open]) { display: none; }
  .log { max-height: none; display: block; color: #000; background: none; }
  .log span { color: #000 !important; background: none !important; }
  tr, li, figure, .figures div { break-inside: avoid; }
  h2, h3, summary { break-after: avoid; }
  a { color: inherit; text-decoration: none; }
}`;

/** The stylesheet of a page, in one line. Its rules break only behind a brace, a comma or a semicolon. */
export const PAGE_STYLE = [COLOURS, LAYOUT, TABLE_STYLE, CHART_STYLE, LOG_STYLE, PHONE, PRINT]
  .join('')
  .replaceAll(/\n\s*/g, '');
