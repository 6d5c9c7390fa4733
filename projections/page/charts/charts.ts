import { DAY_MS, formatDuration, HOUR_MS } from '../../../host/durations';
import { type Ends, sumOf } from '../ends';
import { escapeHtml, timeText } from '../html/html';
import type { Outcome } from '../pageHistory';
import { numbersOf } from '../pageNumbers';
import type { Palette } from '../html/palette';
import type { Range } from './timeline';

/*
 * Charts are as wide as the page. The drawing stretches, so the labels around it are HTML. Marks of canceled builds
 * are hollow; those of failed and successful ones differ in place or form, so that colours are not needed.
 */

/**
 * A chart: a drawing of `columns` × 100 units, with labels on its left edge from top to bottom, and below it from left
 * to right.
 */
function figure(parts: {
  readonly label: string;
  readonly columns: number;
  readonly drawing: string;
  /** Each with how far down it stands, in percent. */
  readonly left: readonly (readonly [text: string, down: number])[];
  readonly below: readonly string[];
  readonly caption: string;
  readonly palette: Palette;
}): string {
  const { label, columns, drawing, left, below, caption, palette } = parts;
  const places = left.map(([text, down]) => `<span class=${palette.classFor(`top:${round(down)}%`)}>${text}</span>`);
  const longest = left.reduce((most, [text]) => (text.length > most.length ? text : most), '');
  const words = (texts: readonly string[]): string => texts.map((text) => `<span>${text}</span>`).join('');
  return (
    `<figure><div class=chart><div class=beside aria-hidden=true><i>${longest}</i>${places.join('')}</div>` +
    `<svg viewBox="0 0 ${columns} 100" preserveAspectRatio=none role=img aria-label="${escapeHtml(label)}">` +
    `${drawing}</svg>` +
    `<div class=below aria-hidden=true>${words(below)}</div></div><figcaption>${caption}</figcaption></figure>`
  );
}

/** The spans of time that a bar can stand for. */
const STEPS: readonly (readonly [number, string])[] = [
  [HOUR_MS, 'hour'],
  [6 * HOUR_MS, '6 hours'],
  [DAY_MS, 'day'],
  [7 * DAY_MS, 'week'],
  [28 * DAY_MS, '4 weeks'],
];
const MOST_BARS = 48;
const LEAST_BARS = 12;

/**
 * Builds by the time they began, from the first that is known to `now` (ms since the epoch): those that succeeded up,
 * the others down.
 */
export function buildsChart(ends: ReadonlyMap<number, Ends>, now: number, palette: Palette): string {
  const { range, step, name } = scaleOf(firstOf(ends, now), now);
  const bins = binsOf(ends, range, step);
  const up = niceAbove(Math.max(...bins.map(({ succeeded }) => succeeded)));
  const down = niceAbove(Math.max(...bins.map(({ failed, canceled }) => failed + canceled)));
  const unit = 100 / Math.max(1, up + down);
  const line = up * unit;
  const bar = (place: number, y: number, height: number): string =>
    height === 0 ? '' : `M${round(place + 0.12)} ${round(y)}h.76v${round(height)}h-.76z`;
  const path = (name_: string, draw: (bin: Ends, place: number) => string): string =>
    `<path class=${name_} d="${bins.map(draw).join('')}"/>`;
  const drawing =
    `<path class=axis d="M0 ${round(line)}H${bins.length}"/>` +
    path('succeeded-bar', ({ succeeded }, place) => bar(place, line, -succeeded * unit)) +
    path('failed-bar', ({ failed }, place) => bar(place, line, failed * unit)) +
    path('canceled-bar', ({ failed, canceled }, place) => bar(place, line + failed * unit, canceled * unit));
  const { succeeded, failed, canceled } = sumOf(ends.values());
  const what = `${succeeded} succeeded, ${failed} failed, ${canceled} canceled`;
  return figure({
    label: `Builds per ${name} from ${dayText(range.from)} to ${dayText(range.to - step)}: ${what}`,
    columns: bins.length,
    drawing,
    left: [
      ...(up > 0 ? [[String(up), 0] as const] : []),
      ['0', line],
      ...(down > 0 ? [[String(down), 100] as const] : []),
    ],
    palette,
    below: axisTimes(range, step, bins.length),
    caption:
      `Builds per ${name} (UTC): <span class="status succeeded">succeeded</span> above the line, ` +
      '<span class="status failed">failed</span> below it, ' +
      '<span class="status canceled">canceled</span> hollow below these',
  });
}

function firstOf(ends: ReadonlyMap<number, Ends>, now: number): number {
  let first = now;
  for (const hour of ends.keys()) first = Math.min(first, hour * HOUR_MS);
  return first;
}

/** The period from `first` (ms since the epoch) to now, and the span that a bar stands for. */
function scaleOf(first: number, now: number): { range: Range; step: number; name: string } {
  const [step, name] = STEPS.find(([ms]) => now - first <= ms * MOST_BARS) ?? yearly;
  const bars = Math.max(LEAST_BARS, Math.min(MOST_BARS, Math.floor(now / step) - Math.floor(first / step) + 1));
  const to = (Math.floor(now / step) + 1) * step;
  return { range: { from: to - bars * step, to }, step, name };
}

const yearly = [365 * DAY_MS, 'year'] as const;

function binsOf(ends: ReadonlyMap<number, Ends>, range: Range, step: number): Ends[] {
  const bins: Ends[][] = Array.from({ length: Math.round((range.to - range.from) / step) }, () => []);
  for (const [hour, one] of ends) bins[Math.floor((hour * HOUR_MS - range.from) / step)]?.push(one);
  return bins.map(sumOf);
}

/** How long builds took, in the order in which they ended, each a link to its row if `linkTo` gives its fragment. */
export function durationsChart(
  outcomes: readonly Outcome[],
  linkTo: (outcome: Outcome) => string | undefined,
  palette: Palette,
): string {
  const longest = outcomes.reduce((most, { ms }) => Math.max(most, ms), 1000);
  const top = niceDuration(longest);
  const columns = Math.max(LEAST_BARS, outcomes.length);
  const { median } = numbersOf(outcomes, []);
  const bars = outcomes.map((outcome, place) => {
    const path = barPath(outcome, place + columns - outcomes.length, top);
    const shape = `<path class=${outcome.status}-bar d="${path}"/>`;
    const link = linkTo(outcome);
    const title = `${outcome.build}: ${outcome.status}, ${formatDuration(outcome.ms)}`;
    return link === undefined ? shape : `<a href="#${link}" tabindex=-1>${shape}<title>${title}</title></a>`;
  });
  const level =
    median === undefined ? '' : `<path class=median d="M0 ${round(100 - (median / top) * 100)}H${columns}"/>`;
  const medianText = median === undefined ? '' : `, median ${formatDuration(median)} (dashed)`;
  const [first, last] = [outcomes[0], outcomes.at(-1)];
  return figure({
    label:
      `Durations of the last ${outcomes.length} builds, oldest first: ` +
      `longest ${formatDuration(longest)}${medianText}`,
    columns,
    drawing: `<path class=axis d="M0 100H${columns}M0 50H${columns}"/>${bars.join('')}${level}`,
    left: [
      [roundDuration(top), 0],
      [roundDuration(top / 2), 50],
      ['0', 100],
    ],
    palette,
    below: first === undefined || last === undefined ? [] : [dayText(first.startedAt), dayText(last.startedAt)],
    caption:
      `Durations, oldest first${medianText}: a full bar <span class="status succeeded">succeeded</span>, ` +
      'one with a gap below its top <span class="status failed">failed</span>, a hollow one was ' +
      '<span class="status canceled">canceled</span>',
  });
}

function barPath({ ms, status }: Outcome, place: number, top: number): string {
  const x = round(place + 0.1);
  const height = Math.max(2, round((ms / top) * 100));
  if (status !== 'failed' || height < 12) return `M${x} 100h.8v-${height}h-.8z`;
  return `M${x} 100h.8v-${round(height - 8)}h-.8zM${x} ${round(100 - height + 5)}h.8v-5h-.8z`;
}

/** The next of 1, 2, 5, 10, 20, 50 …; 0 for 0. */
function niceAbove(value: number): number {
  if (value <= 0) return 0;
  const ten = 10 ** Math.floor(Math.log10(value));
  return ([1, 2, 5, 10].find((step) => step * ten >= value) ?? 10) * ten;
}

const NICE_SECONDS = [2, 10, 20, 30, 60, 120, 180, 240, 360, 600, 1200, 1800, 3600, 7200, 14_400, 36_000, 86_400];

/** A round duration of at least `ms`, whose half is one, too. */
function niceDuration(ms: number): number {
  const seconds = NICE_SECONDS.find((nice) => nice * 1000 >= ms);
  return seconds === undefined ? Math.ceil(ms / (2 * DAY_MS)) * 2 * DAY_MS : seconds * 1000;
}

/** `2m` rather than `2m0s`. */
function roundDuration(ms: number): string {
  return formatDuration(ms).replace(/(?<=[hm])0[ms]/g, '');
}

const TICKS = 4;

/** When the spans of five of `bars` bars begin, from the first to the last. */
function axisTimes({ from }: Range, step: number, bars: number): string[] {
  return Array.from({ length: TICKS + 1 }, (_, n) => {
    const time = from + Math.round(((bars - 1) * n) / TICKS) * step;
    return step < DAY_MS
      ? `${dayText(time).slice(5)} ${timeText(new Date(time).toISOString()).slice(11, 16)}`
      : dayText(time);
  });
}

function dayText(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}

/** To a hundredth. */
function round(value: number): number {
  return Math.round(value * 100) / 100;
}
