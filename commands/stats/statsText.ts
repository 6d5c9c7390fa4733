import { formatAge } from '../../host/terminal/age';
import { formatDuration, toWholeSeconds } from '../../host/durations';
import type { AppName } from '../../host/dokku/names';
import { formatTable } from '../../host/terminal/table';
import type { Figures, StatsView } from '../../projections/stats/statsView';

/** `shop builds since 2026-04-01T00:00:00Z` */
export function statsTitle(app: AppName | undefined, { from }: StatsView): string {
  return `${app ?? 'All'} builds${from === undefined ? '' : ` since ${timeText(from)}`}`;
}

/** What is said of all builds together, a line each: label and value. */
export function summaryLines(app: AppName | undefined, { all, perDay, now }: StatsView): [string, string][] {
  const { succeeded, failed, canceled, running, abandoned, median, p95, longest, lastSuccess } = all;
  const longestName = longest && (app === undefined ? `${longest.app}/${longest.build}` : longest.build);
  const counts: [string, number, string][] = [
    ['Canceled', canceled, ''],
    ['Running', running, ''],
    ['Abandoned', abandoned, ', not counted above'],
  ];
  return [
    ['Builds', `${all.builds} (${perDay < 10 ? perDay.toFixed(1) : Math.round(perDay)} a day)`],
    ['Success Rate', `${rateText(all)} (${succeeded} of ${succeeded + failed})`],
    ...counts.filter(([, n]) => n > 0).map(([label, n, more]): [string, string] => [label, `${n}${more}`]),
    ['Median', durationText(median)],
    ['95th Percentile', durationText(p95)],
    ['Longest', longest === undefined ? '-' : `${formatDuration(longest.ms)} (${longestName})`],
    [
      'Last Success',
      lastSuccess === undefined ? 'never' : `${formatAge(Math.max(0, now - lastSuccess))} (${timeText(lastSuccess)})`,
    ],
  ];
}

/** Names of the columns behind the first, which says what a row is about. */
export const figureColumns = [
  'Builds',
  'Success',
  'Failed',
  'Canceled',
  'Abandoned',
  'Median',
  'P95',
  'Longest',
  'Last Success',
];

/** The cells of a row behind the first. */
export function figureCells(figures: Figures, now: number): string[] {
  const { builds, failed, canceled, abandoned, median, p95, longest, lastSuccess } = figures;
  return [
    String(builds),
    rateText(figures),
    String(failed),
    String(canceled),
    String(abandoned),
    durationText(median),
    durationText(p95),
    durationText(longest?.ms),
    lastSuccess === undefined ? 'never' : formatAge(Math.max(0, now - lastSuccess)),
  ];
}

/** What is printed where stdout is no terminal: the summary, and a table by source; for all apps also one by app. */
export function statsTables(app: AppName | undefined, view: StatsView): string[] {
  const summary = summaryLines(app, view).map(([label, value]) => `${labelText(label)}${value}\n`);
  const tableOf = (name: string, rows: readonly (readonly [string, Figures])[]): string =>
    `\n${formatTable(
      [name, ...figureColumns],
      rows.map(([key, figures]) => [key, ...figureCells(figures, view.now)]),
    )}`;
  return [...summary, tableOf('Source', view.bySource), ...(app === undefined ? [tableOf('App', view.byApp)] : [])];
}

const LABEL_COLUMNS = 17;

/** A label of the summary, padded. */
export function labelText(label: string): string {
  return `${label}:`.padEnd(LABEL_COLUMNS);
}

/** `91.7%`; `-` when none succeeded or failed. All of them is `100%`, and nothing less is. */
export function rateText({ successRate }: Figures): string {
  if (successRate === undefined) return '-';
  if (successRate === 1 || successRate === 0) return `${successRate * 100}%`;
  return `${Math.min(99.9, Math.max(0.1, successRate * 100)).toFixed(1)}%`;
}

function durationText(ms: number | undefined): string {
  return ms === undefined ? '-' : formatDuration(ms);
}

function timeText(ms: number): string {
  return toWholeSeconds(new Date(ms).toISOString());
}
