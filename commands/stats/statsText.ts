import { formatAge } from '../../host/terminal/age';
import { formatDuration, toWholeSeconds } from '../../host/durations';
import type { AppName } from '../../host/dokku/names';
import { formatTable } from '../../host/terminal/table/table';
import type { DeliveryFigures } from '../../projections/stats/delivery';
import type { Figures, StatsView } from '../../projections/stats/statsView';

/** `shop builds since 2026-04-01T00:00:00Z` */
export function statsTitle(app: AppName | undefined, { from }: StatsView): string {
  return `${app ?? 'All'} builds${from === undefined ? '' : ` since ${timeText(from)}`}`;
}

/** The summary of all builds: label and value of each line. */
export function summaryLines(app: AppName | undefined, { all, perDay, delivery, now }: StatsView): [string, string][] {
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
    ['Last Success', lastSuccess === undefined ? 'never' : `${formatAge(lastSuccess, now)} (${timeText(lastSuccess)})`],
    ...deliveryLines(delivery),
  ];
}

/** The figures of DORA; docs/stats.md defines them. */
function deliveryLines(figures: DeliveryFigures): [string, string][] {
  const { deployments, perDay, failed, failureRate, restored, timeToRestore, changes, leadTime } = figures;
  if (failureRate === undefined) return [];
  const medianOf = (ms: number | undefined, count: number): string =>
    ms === undefined ? '-' : `${formatDuration(ms)} (median of ${count})`;
  return [
    ['Deployments', `${deployments} (${frequencyText(perDay)})`],
    ['Change Failures', `${percentText(failureRate)} (${failed} of ${deployments + failed})`],
    ['Time to Restore', medianOf(timeToRestore, restored)],
    ...(changes > 0 ? [['Lead Time', medianOf(leadTime, changes)] as [string, string]] : []),
  ];
}

function frequencyText(perDay: number): string {
  if (perDay >= 10) return `${Math.round(perDay)} a day`;
  return perDay >= 1 || perDay === 0 ? `${perDay.toFixed(1)} a day` : `${(perDay * 7).toFixed(1)} a week`;
}

/** Names of the columns of the table of deliveries. */
export const deliveryColumns = ['App', 'Deployments', 'A Day', 'Change Failures', 'Time to Restore', 'Lead Time'];

/** Its rows, one for each app. */
export function deliveryRows({ byApp }: StatsView): string[][] {
  return byApp.map(({ app, delivery }) => {
    const { deployments, perDay, failureRate, timeToRestore, leadTime } = delivery;
    const rate = failureRate === undefined ? '-' : percentText(failureRate);
    return [app, String(deployments), perDay.toFixed(2), rate, durationText(timeToRestore), durationText(leadTime)];
  });
}

/** Names of the columns of a {@link FigureTable} behind the first. */
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
    lastSuccess === undefined ? 'never' : formatAge(lastSuccess, now),
  ];
}

/** A table of figures. */
export interface FigureTable {
  /** What its rows are about: `Source` or `App`. */
  readonly name: string;
  readonly rows: readonly (readonly [key: string, Figures])[];
}

/** The tables of figures that are shown: by source, and for all apps also by app. */
export function figureTables(app: AppName | undefined, { bySource, byApp }: StatsView): FigureTable[] {
  const sources = { name: 'Source', rows: bySource };
  const apps = { name: 'App', rows: byApp.map((one) => [one.app, one.figures] as const) };
  return app === undefined ? [sources, apps] : [sources];
}

/** The output if stdout is not a terminal: the summary, and a table by source; for all apps also two tables by app. */
export function statsTables(app: AppName | undefined, view: StatsView): string[] {
  const summary = summaryLines(app, view).map(([label, value]) => `${labelText(label)}${value}\n`);
  const tables = figureTables(app, view).map(({ name, rows }) =>
    formatTable(
      [name, ...figureColumns],
      rows.map(([key, figures]) => [key, ...figureCells(figures, view.now)]),
    ),
  );
  if (app === undefined) tables.push(formatTable(deliveryColumns, deliveryRows(view)));
  return [...summary, ...tables.map((table) => `\n${table}`)];
}

const LABEL_COLUMNS = 17;

/** A label of the summary, padded. */
export function labelText(label: string): string {
  return `${label}:`.padEnd(LABEL_COLUMNS);
}

/** `91.7%`; `-` if none succeeded or failed; `100%` only if all succeeded. */
function rateText({ successRate }: Figures): string {
  return successRate === undefined ? '-' : percentText(successRate);
}

function percentText(rate: number): string {
  if (rate === 1 || rate === 0) return `${rate * 100}%`;
  return `${Math.min(99.9, Math.max(0.1, rate * 100)).toFixed(1)}%`;
}

function durationText(ms: number | undefined): string {
  return ms === undefined ? '-' : formatDuration(ms);
}

function timeText(ms: number): string {
  return toWholeSeconds(new Date(ms).toISOString());
}
