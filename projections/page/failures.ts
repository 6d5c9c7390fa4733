import { shorten } from '../../host/printable';
import { formatAge } from '../../host/terminal/age';
import { textOf } from '../../host/terminal/printed';
import type { AppName } from '../../host/dokku/names';
import type { SeenBuild } from '../records/record';
import { howEnded } from '../events/causeText';
import { errorLine } from '../lists/whyFailed';
import { counted, escapeText, timeText } from './html/html';
import { type Anchors, commitHtml, endedAt, failingBuild, type PageApp, statusHtml, whoHtml } from './pageApp';
import type { PageLog } from './pageLog';

/** How many failing apps are listed with the reason; of the others only the number is shown. */
const MOST_LISTED = 50;
const REASON_CHARACTERS = 300;

/** The last failure of each failing app, and why; '' if no app is failing. */
export function failuresSection(
  apps: readonly PageApp[],
  now: number,
  anchors: Anchors,
  logOf: (app: AppName, shown: SeenBuild) => PageLog,
): string {
  const failing = apps.flatMap(({ app, ...page }) => {
    const shown = failingBuild({ app, ...page });
    return shown === undefined ? [] : [{ app, shown }];
  });
  if (failing.length === 0) return '';
  const items = failing
    .slice(0, MOST_LISTED)
    .map(({ app, shown }) => failure(app, shown, now, anchors, logOf(app, shown)));
  const more = failing.length - items.length;
  const rest = more > 0 ? `<p class=quiet>${counted(more, 'more app')} below: filter by status` : '';
  const title =
    apps.length === 1 ? 'The last build failed' : `Failing: the last build of ${counted(failing.length, 'app')}`;
  return (
    `<section aria-labelledby="page:failing"><h2 id="page:failing">${title}</h2>` +
    `<ul class=failures>${items.join('')}</ul>${rest}</section>`
  );
}

function failure(app: AppName, shown: SeenBuild, now: number, anchors: Anchors, log: PageLog): string {
  const { build } = shown;
  const facts = [
    whoHtml(shown) && `by ${whoHtml(shown)}`,
    commitHtml(shown),
    escapeText(build.source),
    `after ${shown.duration}`,
  ];
  const ended = build.status === 'running' ? build.startedAt : build.finishedAt;
  return (
    `<li><p><a href="#${anchors.build(app, build.id)}"><b>${app}</b></a> ${statusHtml(shown)} ` +
    `<time datetime="${timeText(ended).replace(' ', 'T')}Z">${formatAge(endedAt(shown), now)}</time> ` +
    `<small>${facts.filter((fact) => fact !== '').join(', ')}</small>${whyHtml(shown, log)}`
  );
}

/** The last error line of the log, and the exit code in words; '' if there is nothing to say. */
export function whyHtml(shown: SeenBuild, log: PageLog): string {
  const line = typeof log === 'object' ? errorLine(log.lines.slice(-WITHIN_LINES).map(textOf)) : undefined;
  const how = howText(shown);
  if (line === undefined && how === '') return '';
  const quoted = line === undefined ? '' : `<code>${escapeText(shorten(line, REASON_CHARACTERS))}</code>`;
  return `<p class=why>${[quoted, how].filter((part) => part !== '').join(' ')}`;
}

/** Number of last lines that are searched: an error further up is not why the build failed. */
const WITHIN_LINES = 200;

function howText({ build }: SeenBuild): string {
  return build.status === 'failed' ? `<small>${howEnded(build)}</small>` : '';
}
