import { formatDuration } from '../../host/durations';
import { escapeHtml } from './html';
import type { Outcome } from './pageHistory';

/*
 * Charts are pictures of what the tables say. A status is told by position and form, never by colour alone: what succeeded stands above
 * the line, what failed hangs below it, what was canceled lies across it.
 */

/** A span of time in ms since the epoch. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

const STRIP_WIDTH = 240;

/** One app's builds as marks on a line of time. `running` are starts, ms since the epoch; `label` says it in words. */
export function stripSvg(
  outcomes: readonly Outcome[],
  running: readonly number[],
  range: Range,
  label: string,
): string {
  const at = (time: number): string => {
    const place = ((time - range.from) / Math.max(range.to - range.from, 1)) * STRIP_WIDTH;
    return String(Math.round(place * 2) / 2);
  };
  const marks = { succeeded: new Set<string>(), failed: new Set<string>(), canceled: new Set<string>() };
  for (const { startedAt, status } of outcomes) if (startedAt >= range.from) marks[status].add(at(startedAt));
  const path = (name: string, places: Iterable<string>, shape: string): string => {
    const d = [...places].map((place) => `M${place} ${shape}`).join('');
    return d === '' ? '' : `<path class=${name} d="${d}"/>`;
  };
  return (
    `<svg class=t viewBox="-2 0 ${STRIP_WIDTH + 8} 24" preserveAspectRatio=none role=img aria-label="${escapeHtml(label)}">` +
    `<path class=n d="M0 12H${STRIP_WIDTH}"/>` +
    path('s', marks.succeeded, '11V3') +
    path('f', marks.failed, '13v9') +
    path('c', marks.canceled, '9v6') +
    path(
      'r',
      running.map((start) => at(Math.max(start, range.from))),
      `12H${STRIP_WIDTH + 4}`,
    ) +
    '</svg>'
  );
}

const DAY_MS = 86_400_000;
/** As many days have a bar each. */
const MOST_DAYS = 100;

/** What one bar of {@link daysSvg} stands for over `range`. */
export function stepOf({ from, to }: Range): { readonly ms: number; readonly name: 'day' | 'week' } {
  return to - from > MOST_DAYS * DAY_MS ? { ms: 7 * DAY_MS, name: 'week' } : { ms: DAY_MS, name: 'day' };
}

/** Builds a day over `range`, or a week over a long one: those that succeeded upwards, the others downwards. */
export function daysSvg(outcomes: readonly Outcome[], range: Range): string {
  const { ms, name } = stepOf(range);
  const placeOf = (time: number): number => Math.floor(range.to / ms) - Math.floor(time / ms);
  const bins = Array.from({ length: placeOf(range.from) + 1 }, () => ({ up: 0, down: 0 }));
  for (const { startedAt, status } of outcomes) {
    const bin = bins[bins.length - 1 - placeOf(startedAt)];
    if (bin) bin[status === 'succeeded' ? 'up' : 'down'] += 1;
  }
  const most = Math.max(1, ...bins.map(({ up, down }) => Math.max(up, down)));
  const [middle, reach] = [78, 60];
  const step = WIDTH / bins.length;
  const bar = round(Math.max(1, Math.min(step - 2, 28)));
  const bars = (sizes: readonly number[], start: number, direction: -1 | 1): string => {
    const drawn = sizes.map((size, index) => {
      const height = direction * round(Math.max((size / most) * reach, 2));
      return size === 0 ? '' : `M${round(index * step + (step - bar) / 2)} ${start}h${bar}v${height}h-${bar}z`;
    });
    return drawn.join('');
  };
  const [up, down] = [bins.map((bin) => bin.up), bins.map((bin) => bin.down)];
  const sum = (sizes: readonly number[]): number => sizes.reduce((all, one) => all + one, 0);
  const label = `Builds a ${name} from ${dayText(range.from)} to ${dayText(range.to)}: ${sum(up)} succeeded, ${sum(down)} did not; at most ${most} of a kind in a ${name}`;
  const text = (x: number, y: number, what: string | number): string => `<text x=${x} y=${y}>${what}</text>`;
  return (
    `<svg class=g viewBox="0 0 ${WIDTH + 60} 168" role=img aria-label="${label}"><path class=n d="M0 ${middle}H${WIDTH}"/>` +
    `<path class=sb d="${bars(up, middle - 1, -1)}"/><path class=fb d="${bars(down, middle + 1, 1)}"/>` +
    text(WIDTH + 8, middle - reach + 6, most) +
    text(WIDTH + 8, middle + 4, 0) +
    text(WIDTH + 8, middle + reach, most) +
    text(0, 164, dayText(range.from)) +
    `<text x=${WIDTH} y=164 text-anchor=end>${dayText(range.to)}</text></svg>`
  );
}

function dayText(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}

/** One build's part of a chart of durations. */
interface Bar {
  readonly status: Outcome['status'];
  readonly box: string;
  /** The same as a line, which takes half the bytes. */
  readonly line: string;
  readonly cross: string;
}

/**
 * How long builds took, in the order in which they ended. `median` in ms; `linkTo` gives the fragment of a build that has a row on the page,
 * where each bar is to be a link.
 */
export function durationsSvg(
  outcomes: readonly Outcome[],
  median: number,
  linkTo?: (outcome: Outcome) => string | undefined,
): string {
  const longest = Math.max(1, ...outcomes.map(({ ms }) => ms));
  const step = Math.min(WIDTH / Math.max(outcomes.length, 1), 32);
  const bars = outcomes.map((outcome, index) => barOf(outcome, index * step, Math.max(1.5, step - 3), longest));
  const drawn =
    linkTo === undefined
      ? barsSvg(bars, ` stroke-width=${Math.max(1, Math.round(step - 3))}`)
      : linkedBars(bars, outcomes, linkTo);
  const level = round(BASE - (median / longest) * HEIGHT);
  const right = Math.max(Math.round(step * outcomes.length), 120);
  const text = (y: number, what: string): string => `<text x=${right + 8} y=${y}>${what}</text>`;
  const label = `Durations of the last ${outcomes.length} builds, oldest first: median ${formatDuration(median)}, longest ${formatDuration(longest)}`;
  return (
    `<svg class=g viewBox="0 0 ${WIDTH + 150} ${BASE + 4}" role=img aria-label="${label}">` +
    `<path class=n d="M0 ${BASE}H${right}"/>${drawn}<path class=m d="M0 ${level}H${right}"/>` +
    (level - TOP > 14 ? text(TOP + 6, `longest ${formatDuration(longest)}`) : '') +
    `${text(level + 4, `median ${formatDuration(median)}`)}</svg>`
  );
}

const [WIDTH, HEIGHT, TOP] = [640, 110, 18];
const BASE = TOP + HEIGHT;

function barOf({ ms, status }: Outcome, left: number, width: number, longest: number): Bar {
  const [x, y] = [Math.round(left), Math.round(BASE - Math.max(2, (ms / longest) * HEIGHT))];
  const middle = Math.round(left + width / 2);
  return {
    status,
    box: `M${x} ${BASE}V${y}h${round(width)}V${BASE}z`,
    line: `M${middle} ${BASE}V${y}`,
    cross: status === 'failed' ? `M${middle - 3} ${y - 9}l6 6m0-6l-6 6` : '',
  };
}

/** The first letter alone is the class of a line. */
const BAR_CLASS = { succeeded: 'sb', failed: 'fb', canceled: 'cb' } as const;

function barsSvg(bars: readonly Bar[], lines?: string): string {
  const path = (name: string, d: string): string => (d === '' ? '' : `<path class=${name} d="${d}"/>`);
  const bodies = Object.entries(BAR_CLASS).map(([status, name]) => {
    const own = bars.filter((bar) => bar.status === status);
    if (lines === undefined) return path(name, own.map(({ box }) => box).join(''));
    return path(`${name.charAt(0)}${lines}`, own.map(({ line }) => line).join(''));
  });
  return bodies.join('') + path('f', bars.map(({ cross }) => cross).join(''));
}

function linkedBars(
  bars: readonly Bar[],
  outcomes: readonly Outcome[],
  linkTo: (outcome: Outcome) => string | undefined,
): string {
  const linked = outcomes.map((outcome, index) => {
    const bar = bars.slice(index, index + 1);
    const link = linkTo(outcome);
    if (link === undefined) return barsSvg(bar);
    const title = `${outcome.build}: ${outcome.status}, ${formatDuration(outcome.ms)}`;
    return `<a href="#${link}" tabindex=-1>${barsSvg(bar)}<title>${title}</title></a>`;
  });
  return linked.join('');
}

/** To a tenth. */
function round(value: number): number {
  return Math.round(value * 10) / 10;
}
