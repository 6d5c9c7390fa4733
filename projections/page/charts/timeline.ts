import { DAY_MS, HOUR_MS } from '../../../host/durations';
import { escapeHtml } from '../html/html';
import type { Outcome } from '../pageHistory';

/** A span of time in ms since the epoch. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

const SPANS: readonly (readonly [number, string])[] = [
  [HOUR_MS, 'hour'],
  [6 * HOUR_MS, '6 hours'],
  [DAY_MS, '24 hours'],
  [3 * DAY_MS, '3 days'],
  [7 * DAY_MS, '7 days'],
  [14 * DAY_MS, '14 days'],
  [30 * DAY_MS, '30 days'],
  [90 * DAY_MS, '90 days'],
  [365 * DAY_MS, 'year'],
];
const MOST_OF_THEM = 0.9;

/** The round span of time up to `now` (ms) that most of `starts` fall into, and its name. */
export function spanOf(starts: readonly number[], now: number): Range & { readonly name: string } {
  const sorted = [...starts].sort((a, b) => b - a);
  const oldest = sorted[Math.floor((sorted.length - 1) * MOST_OF_THEM)] ?? now;
  const found = SPANS.find(([span]) => oldest >= now - span);
  if (found !== undefined) return { from: now - found[0], to: now, name: found[1] };
  const years = Math.ceil((now - oldest) / (365 * DAY_MS));
  return { from: now - years * 365 * DAY_MS, to: now, name: `${years} years` };
}

const WIDTH = 240;

/**
 * One app's builds as marks on a line of time. A status is shown by position, never by colour alone. `running` are
 * starts, ms since the epoch; `label` says it in words.
 */
export function stripSvg(
  outcomes: readonly Outcome[],
  running: readonly number[],
  range: Range,
  label: string,
): string {
  const at = (time: number): number => Math.round(((time - range.from) / Math.max(range.to - range.from, 1)) * WIDTH);
  const marks = { succeeded: new Set<number>(), failed: new Set<number>(), canceled: new Set<number>() };
  for (const { startedAt, status } of outcomes) if (startedAt >= range.from) marks[status].add(at(startedAt));
  const path = (name: string, places: Iterable<number>, shape: string): string => {
    const d = [...places].map((place) => `M${place} ${shape}`).join('');
    return d === '' ? '' : `<path class=${name} d="${d}"/>`;
  };
  const starts = running.map((start) => at(Math.max(start, range.from)));
  return (
    `<svg class=timeline viewBox="-2 0 ${WIDTH + 8} 24" preserveAspectRatio=none role=img ` +
    `aria-label="${escapeHtml(label)}">` +
    `<path class=axis d="M0 12H${WIDTH}"/>` +
    path('succeeded', marks.succeeded, '11V3') +
    path('failed', marks.failed, '13v9') +
    path('canceled', marks.canceled, '9v6') +
    `${path('running', starts, `12H${WIDTH + 4}`)}</svg>`
  );
}
