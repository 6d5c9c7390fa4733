/*
 * The stylesheet of a page. Class names are short: a host has twenty thousand builds. Colours are checked for a
 * contrast of 4.5 to 1 on their ground, light and dark; a log is a terminal, dark in both.
 */
const COLORS = `
:root{--g:#fff;--g2:#f4f6f8;--t:#1b2027;--q:#57606c;--e:#d5dae1;--i:#8a93a0;--l:#0b5cad;--s:#1a7f37;--f:#c0242f;--c:#6b5b00;--r:#0b5cad;--a:#8a4b00;--fs:#0b5cad}
@media (prefers-color-scheme:dark){:root{--g:#12151a;--g2:#1a1f26;--t:#e4e8ee;--q:#9aa5b3;--e:#323a45;--i:#6b7686;--l:#79b8ff;--s:#56c271;--f:#ff7b82;--c:#d8c04a;--r:#79b8ff;--a:#f0a55a;--fs:#ffd33d}}`;

const LAYOUT = `
*{box-sizing:border-box}
[hidden]{display:none!important}
html{scroll-padding-top:4.5rem;-webkit-text-size-adjust:100%}
body{margin:0 auto;max-width:80rem;padding:1rem 1.25rem 3rem;background:var(--g);color:var(--t);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Liberation Sans",sans-serif}
a{color:var(--l)}
:focus-visible{outline:3px solid var(--fs);outline-offset:2px;border-radius:3px}
main:focus{outline:0}
.h,.skip:not(:focus){position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.skip:focus{position:absolute;left:1rem;top:.5rem;background:var(--g);padding:.5rem 1rem;border:2px solid;z-index:2}
h1{font-size:1.9rem;line-height:1.2;margin:0;overflow-wrap:anywhere}
h2{font-size:1.25rem;margin:2.25rem 0 .75rem;padding-bottom:.3rem;border-bottom:1px solid var(--e)}
h3{font-size:1rem}
h4{font-size:.85rem;margin:.75rem 0 .3rem;color:var(--q)}
code{font:.92em ui-monospace,"DejaVu Sans Mono",monospace}
header .k{margin:0;color:var(--q);font-size:.85rem;letter-spacing:.04em}
.q,figcaption,small{color:var(--q);font-size:.85rem}
header .q{margin:.3rem 0}
.z{position:sticky;top:0;z-index:1;display:flex;flex-wrap:wrap;gap:.4rem 1rem;align-items:center;margin:.75rem 0;padding:.5rem 0;background:var(--g);border-bottom:1px solid var(--e);font-size:.9rem;color:var(--q)}
.z input,.z select{font:inherit;color:var(--t);background:var(--g2);border:1px solid var(--i);border-radius:6px;padding:.25rem .5rem}
.z input{width:16rem;max-width:60vw}
ul.c,.why{list-style:none;padding:0;margin:.75rem 0}
ul.c{display:flex;flex-wrap:wrap;gap:.4rem}
ul.c li{background:var(--g2);border:1px solid var(--e);border-radius:6px;padding:.15rem .6rem}
.why li{border-left:4px solid var(--f);background:var(--g2);border-radius:0 8px 8px 0;margin:.5rem 0;padding:.5rem .9rem}
.why p{margin:0}
.why time{color:var(--q);font-size:.85rem}
.y{margin:.15rem 0;overflow-wrap:anywhere}
.y code{color:var(--f)}
.m .y{padding:.1rem 0}
dl.n{display:grid;grid-template-columns:repeat(auto-fit,minmax(9.5rem,1fr));gap:.75rem;margin:0}
dl.n div{background:var(--g2);border:1px solid var(--e);border-radius:8px;padding:.7rem 1rem}
dt{color:var(--q);font-size:.85rem}
dd{margin:0;font-size:1.6rem;font-weight:600;line-height:1.3}
dd small{font-weight:400;display:block;min-height:1.3em;line-height:1.3}
figure{margin:1.5rem 0 .5rem}
footer{margin-top:3rem;border-top:1px solid var(--e);color:var(--q);font-size:.85rem}`;

const TABLES = `
table{border-collapse:collapse;width:100%;font-size:.875rem;font-variant-numeric:tabular-nums}
th,td{text-align:left;padding:.35rem .75rem .35rem 0;vertical-align:middle}
thead th{color:var(--q);font-weight:500;border-bottom:1px solid var(--e);white-space:nowrap}
tbody tr{border-top:1px solid var(--e)}
tbody tr.m{border-top:0}
tbody th{font-weight:500;overflow-wrap:anywhere}
.b tbody th{font-family:ui-monospace,"DejaVu Sans Mono",monospace;font-size:.8rem}
.o td:nth-child(4){width:30%}
.o tbody th,tr.ff th{font-weight:600}
td small{white-space:nowrap}
tr:target,details:target>summary{background:var(--g2);box-shadow:-4px 0 0 var(--fs)}
td.s,td.f,td.c,td.r,td.a,.st{font-weight:600;white-space:nowrap}
td.f a,td.s a,td.c a,td.r a,td.a a{color:inherit}
.st{font-size:.85rem}
td.s,.st.s{color:var(--s)}td.f,.st.f{color:var(--f)}td.c,.st.c{color:var(--c)}td.r,.st.r{color:var(--r)}td.a,.st.a{color:var(--a)}
td.s::before,.st.s::before{content:"\\2713\\a0";content:"\\2713\\a0"/""}
td.f::before,.st.f::before{content:"\\2717\\a0";content:"\\2717\\a0"/""}
td.c::before,.st.c::before{content:"\\2298\\a0";content:"\\2298\\a0"/""}
td.r::before,.st.r::before{content:"\\25b6\\a0";content:"\\25b6\\a0"/""}
td.a::before,.st.a::before{content:"\\26a0\\fe0e\\a0";content:"\\26a0\\fe0e\\a0"/""}
summary{cursor:pointer;padding:.25rem 0}
details.p{border-top:1px solid var(--e);padding:.25rem 0}
details.p>summary h3{display:inline;margin:0 .4rem 0 0;overflow-wrap:anywhere}
details.p[open]{padding-bottom:1.5rem}
.m td{padding:0 0 .4rem}
.m summary{color:var(--q);font-size:.8rem}
.x{padding:0 0 .75rem 1rem}
.e{margin:0;padding-left:2.5rem}
.e li::marker{color:var(--q)}
pre{font:12.5px/1.45 ui-monospace,"DejaVu Sans Mono",monospace;margin:0;padding:.75rem 1rem;border-radius:8px;overflow:auto;tab-size:8}
.j{background:var(--g2);border:1px solid var(--e)}
.l{max-height:28rem;background:#14171c;border:1px solid var(--e);color:#dfe4ea;white-space:pre-wrap;overflow-wrap:anywhere;unicode-bidi:plaintext;display:flex;flex-direction:column-reverse}
.l code{font:inherit}`;

/** On a phone a row is a block with its cells named; an empty cell takes no room. */
const PHONE = `
@media (max-width:46rem){
body{padding:.75rem .9rem 2rem}
.z{position:static}
thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
table,tbody,tr,caption{display:block}
tbody tr{padding:.5rem 0}
tbody tr.m{padding:0}
.b tr:not(.m),.o tr{display:flex;flex-wrap:wrap;gap:.1rem .9rem;align-items:baseline}
th,td{padding:0}
td:empty{display:none}
.m td{display:block}
.b tr:not(.m) th,.o th{flex:1 1 50%}
.b tr:not(.m) td:nth-child(3),.o td:nth-child(4){flex:1 1 100%;width:auto}
.b tr:not(.m) td::before,.o td::before{color:var(--q);font-weight:400}
.b td:nth-child(4)::before{content:"Took "}.b td:nth-child(5)::before{content:"Commit "}.b td:nth-child(6)::before{content:"By "}
.b td:nth-child(8)::before{content:"Exit "}
.o td:nth-child(5)::before{content:"Success "}.o td:nth-child(6)::before{content:"Median "}.o td:nth-child(7)::before{content:"Builds "}
.x{padding-left:0}
.e{padding-left:1.75rem}
.gx span:nth-child(even):not(:last-child){display:none}
}`;

const PRINT = `
@media print{
body{max-width:none;padding:0;font-size:11pt}
.z,.skip,tr.m:not(:has(details[open])):not(:has(.y)),.m summary,details.p:not([open]){display:none}
.m details:not([open]){display:none}
.l{max-height:none;display:block;color:#000;background:none}
.l span{color:#000!important;background:none!important}
tr,li,figure,dl.n div{break-inside:avoid}
h2,h3,summary{break-after:avoid}
a{color:inherit;text-decoration:none}
}`;

/** A chart is a grid: words on its left, the drawing, words below it. */
const CHARTS = `
svg{display:block;fill:none;stroke-width:2}
svg.t{width:100%;height:24px}
svg path{vector-effect:non-scaling-stroke}
.g{display:grid;grid-template-columns:auto 1fr;gap:.25rem .6rem;font-size:.8rem;color:var(--q)}
.g svg{width:100%;height:11rem;overflow:visible}
.gx{display:flex;justify-content:space-between;grid-column:2}
.gy{position:relative;text-align:right}
.gy i{visibility:hidden}
.gy span{position:absolute;right:0;transform:translateY(-50%)}
svg .n{stroke:var(--e);stroke-width:1}svg .m{stroke:var(--q);stroke-width:1;stroke-dasharray:4 4}
svg .s{stroke:var(--s)}svg .f{stroke:var(--f)}svg .c{stroke:var(--c)}svg .r{stroke:var(--r);stroke-width:4}
svg .sb{fill:var(--s)}svg .fb{fill:var(--f)}svg .cb{stroke:var(--c);stroke-width:1.5}
svg a:hover path{opacity:.7}
@media (forced-colors:active){svg path{stroke:CanvasText}svg .sb,svg .fb{fill:CanvasText}}`;

/** The sixteen colours of a terminal, each readable on the ground of a log. */
const PALETTE =
  '#8b949e #ff7b72 #56d364 #e3b341 #79b8ff #d2a8ff #56d4dd #dfe4ea #a5adb8 #ffa198 #7ee787 #f2cc60 #a5d6ff #e2c5ff #8ceaf2 #ffffff';
const GROUNDS =
  '#000000 #8e1519 #116329 #7d4e00 #0a3069 #512a97 #0b5c66 #b1bac4 #484f58 #cf222e #1a7f37 #9a6700 #0969da #8250df #1b7c83 #f6f8fa';

const TERMINAL = [
  ...PALETTE.split(' ').map((color, index) => `.f${index}{color:${color}}`),
  ...GROUNDS.split(' ').map((color, index) => `.b${index}{background:${color}}`),
  '.b7,.b15{color:#14171c}.ffront{color:#dfe4ea}.fback{color:#14171c}.bfront{background:#dfe4ea}.bback{background:#14171c}',
  '.l .w{font-weight:700}.l .d{opacity:.75}.l .i{font-style:italic}.l .u{text-decoration:underline}.l .k{text-decoration:line-through}',
].join('');

/** All of it. */
export const PAGE_STYLE = (COLORS + LAYOUT + TABLES + CHARTS + TERMINAL + PHONE + PRINT).replaceAll('\n', '');
