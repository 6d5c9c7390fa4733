import type { SeenStatus } from '../../records/record';

/** The sign of each status, as CSS writes it. A screen reader reads the word next to it, and not the sign. */
const SIGNS: Readonly<Record<SeenStatus, string>> = {
  succeeded: '\\2713',
  failed: '\\2717',
  canceled: '\\2298',
  running: '\\25b6',
  abandoned: '\\26a0\\fe0e',
  unknown: '?',
};

const STATUSES = Object.entries(SIGNS).map(
  ([name, sign]) => `
td.${name}, .status.${name} { color: var(--${name}); }
td.${name} a { color: inherit; }
td.${name}::before, .status.${name}::before { content: "${sign}\\a0"; content: "${sign}\\a0" / ""; }`,
);

/** The tables of apps and of builds, and what is below a build. */
export const TABLE_STYLE = `
table { border-collapse: collapse; width: 100%; font-size: .875rem; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .35rem .75rem .35rem 0; vertical-align: middle; }
thead th { color: var(--quiet); font-weight: 500; border-bottom: 1px solid var(--line); white-space: nowrap; }
tbody tr { border-top: 1px solid var(--line); }
tbody tr.more { border-top: 0; }
tbody th { font-weight: 500; overflow-wrap: anywhere; }
.builds tbody th { font-family: ui-monospace, "DejaVu Sans Mono", monospace; font-size: .8rem; }
.apps td:nth-child(4) { width: 30%; }
.apps tbody th, .failing th { font-weight: 600; }
td small { white-space: nowrap; }
tr:target, details:target > summary { background: var(--raised); box-shadow: -4px 0 0 var(--focus); }
td:is(${Object.keys(SIGNS)
  .map((name) => `.${name}`)
  .join()}), .status { font-weight: 600; white-space: nowrap; }
.status { font-size: .85rem; }${STATUSES.join('')}
summary { cursor: pointer; padding: .25rem 0; }
.app { border-top: 1px solid var(--line); padding: .25rem 0; }
.app > summary h3 { display: inline; margin: 0 .4rem 0 0; overflow-wrap: anywhere; }
.app[open] { padding-bottom: 1.5rem; }
.more td { padding: 0 0 .4rem; }
.more summary { color: var(--quiet); font-size: .8rem; }
.details { padding: 0 0 .75rem 1rem; }
.events { margin: 0; padding-left: 2.5rem; }
.events li::marker { color: var(--quiet); }
pre {
  font: 12.5px/1.45 ui-monospace, "DejaVu Sans Mono", monospace;
  margin: 0; padding: .75rem 1rem; border-radius: 8px; overflow: auto; tab-size: 8;
}
.record { background: var(--raised); border: 1px solid var(--line); }`;
