/** A chart is a grid: words on its left, the drawing, words below it. */
export const CHART_STYLE = `
svg { display: block; fill: none; stroke-width: 2; }
.timeline { width: 100%; height: 24px; }
svg path { vector-effect: non-scaling-stroke; }
.chart { display: grid; grid-template-columns: auto 1fr; gap: .25rem .6rem; font-size: .8rem; color: var(--quiet); }
.chart svg { width: 100%; height: 11rem; overflow: visible; }
.below { display: flex; justify-content: space-between; grid-column: 2; }
.beside { position: relative; text-align: right; }
.beside i { visibility: hidden; }
.beside span { position: absolute; right: 0; transform: translateY(-50%); }
.axis { stroke: var(--line); stroke-width: 1; }
.median { stroke: var(--quiet); stroke-width: 1; stroke-dasharray: 4 4; }
svg .succeeded { stroke: var(--succeeded); }
svg .failed { stroke: var(--failed); }
svg .canceled { stroke: var(--canceled); }
svg .running { stroke: var(--running); stroke-width: 4; }
.succeeded-bar { fill: var(--succeeded); }
.failed-bar { fill: var(--failed); }
.canceled-bar { stroke: var(--canceled); stroke-width: 1.5; }
svg a:hover path { opacity: .7; }
@media (forced-colors: active) {
  svg path { stroke: CanvasText; }
  .succeeded-bar, .failed-bar { fill: CanvasText; }
}`;
