import { formatDuration } from '../../host/durations';
import { countOf } from './ends';
import { count } from './html/html';
import { type Anchors, failingBuild, latestCounted, type PageApp, startedAt, timeAndAge } from './pageApp';
import { type Numbers, rateText } from './pageNumbers';
import { type Range, spanOf, stripSvg } from './charts/timeline';

/** Every app with its last build, one row each. */
export function appsTable(
  apps: readonly PageApp[],
  numbersOf: (page: PageApp) => Numbers,
  now: number,
  anchors: Anchors,
): string {
  if (apps.length === 0)
    return (
      '<section aria-labelledby="page:apps"><h2 id="page:apps">Apps</h2>' + '<p class=quiet>There are no apps</section>'
    );
  const starts = apps.flatMap(({ outcomes }) => outcomes.map((outcome) => outcome.startedAt));
  const { name, ...range } = spanOf(starts, now);
  const marks = Math.max(LEAST_MARKS, Math.min(MOST_MARKS, Math.floor(ALL_MARKS / apps.length)));
  const rows = apps.map((page) => appRow(page, numbersOf(page), range, marks, anchors));
  const head = ['App', 'Last build', 'Started', `Timeline, last ${name}`, 'Success', 'Median', 'Builds'];
  return (
    '<section aria-labelledby="page:apps"><h2 id="page:apps">Apps</h2><p class=quiet>Failing apps first. ' +
    'On the timeline a build that succeeded stands above the line, ' +
    `one that failed hangs below it, a canceled one crosses it, a running one reaches to its end.${latestNote(apps)}` +
    '<table class=apps><caption class=sr-only>Apps, failing ones first</caption><thead>' +
    `<tr>${head.map((cell) => `<th scope=col>${cell}`).join('')}<tbody>${rows.join('')}</table></section>`
  );
}

function latestNote(apps: readonly PageApp[]): string {
  const most = latestCounted(apps);
  return most === undefined ? '' : ` Timeline, success and median cover at most the last ${most} builds of an app.`;
}

/** Marks on the timelines of all apps together, and of one. */
const ALL_MARKS = 15_000;
const MOST_MARKS = 60;
const LEAST_MARKS = 12;

function appRow(page: PageApp, numbers: Numbers, range: Range, marks: number, anchors: Anchors): string {
  const { app, builds, outcomes } = page;
  const newest = builds[0];
  const running = builds.filter(({ displayStatus }) => displayStatus === 'running').map(startedAt);
  const label =
    `${numbers.succeeded} succeeded, ${numbers.failed} failed, ${numbers.canceled} canceled, ` +
    `${numbers.running} running`;
  const last =
    newest === undefined
      ? '<td class=quiet>no builds yet<td>'
      : `<td class=${newest.displayStatus}>` +
        `<a href="#${anchors.build(app, newest.build.id)}">${newest.displayStatus}</a>` +
        `<td>${timeAndAge(newest.build.startedAt, range.to)}`;
  const median = numbers.median === undefined ? '' : formatDuration(numbers.median);
  const rate = numbers.successRate === undefined ? '' : rateText(numbers.successRate);
  const total = countOf(page.total) + numbers.running;
  const isEmpty = outcomes.length + running.length === 0;
  const strip = isEmpty ? '' : stripSvg(outcomes.slice(-marks), running, range, label);
  const failing = failingBuild(page) === undefined ? '' : ' class=failing';
  return (
    `<tr data-app=${app}${failing}><th scope=row><a href="#${anchors.app(app)}">${app}</a>${last}` +
    `<td>${strip}<td>${rate}<td>${median}<td>${total === 0 ? '' : count(total)}`
  );
}
