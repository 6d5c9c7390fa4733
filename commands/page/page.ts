import { hostname } from 'node:os';
import { dirname, resolve } from 'node:path';

import { allowedApps, listApps, requireApp } from '../../host/dokku/apps';
import { parseArguments } from '../../host/arguments';
import type { Call } from '../../host/call';
import type { Host } from '../../host/dokku/environment';
import { Failure, printable, reasonOf } from '../../host/failure';
import { listDirectory, replaceFile } from '../../host/system/files';
import type { AppName, BuildId } from '../../host/dokku/names';
import type { Output } from '../../host/terminal/output';
import { appBuilds, logPath } from '../../host/dokku/paths';
import { readTail, type Tail } from '../../host/system/tail';
import { findBuild, buildsOf } from '../../journal/history';
import { adoptRecords } from '../../projections/records/adoptRecords';
import { thisSystem } from '../../host/system/system';
import { warnOfProblems, complainer, once } from '../../projections/problemWarnings';
import { pageHtml } from '../../projections/page/page';
import { type PageHistory, readPageHistory } from '../../projections/page/pageHistory';
import type { PageApp } from '../../projections/page/pageNumbers';
import { recordedIds } from '../../projections/records/recordFiles';
import { refuseSurplus, takeApp } from '../shared/positionals';
import { seeAt } from '../shared/see';

/** `builds:page [<app>] [--out <file>]` */
export function page({ host, output, args }: Call): undefined {
  const { positionals, values } = parseArguments(args, { out: 'value' });
  const named = takeApp(host, positionals);
  refuseSurplus(named.others, 0);
  const single = named.app !== undefined;
  const apps = single ? [requireApp(host, named.app)] : allowedApps(host, listApps(host));
  const now = Date.now();
  const html = pageHtml({
    host: hostname(),
    now,
    single,
    apps: single
      ? apps.map((app) => pageApp(host, output, app, now, OUTCOMES.one))
      : apps.flatMap((app) => attempt(output, app, () => pageApp(host, output, app, now, OUTCOMES.each)) ?? []),
    log: (app, build, limit) => logTail(host, app, build, limit),
  });
  if (values['out'] === undefined) output.raw(html);
  else writePage(output, values['out'], html);
}

/** How many ends are told of each app: what the charts show, and the numbers are made from. */
const OUTCOMES = { one: 500, each: 60 };

/** One app that cannot be read is warned about, and does not keep the others from their page. */
function attempt<T>(output: Output, app: AppName, work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    output.warn(`${app}: ${reasonOf(error)}`);
    return undefined;
  }
}

function pageApp(host: Host, output: Output, app: AppName, now: number, most: number): PageApp {
  const { history, events, outcomes } = readApp(host, output, app, most);
  const see = seeAt(now);
  return { app, builds: buildsOf(history).map(see).reverse(), events, outcomes };
}

/** Reads the journal; where the directory holds what it does not tell of, that is adopted first. */
function readApp(host: Host, output: Output, app: AppName, most: number): PageHistory {
  const builds = appBuilds(host, app);
  const read = readPageHistory(builds.directory, most);
  const { history } = read;
  const settled =
    buildsOf(history).every(({ status }) => status !== 'running') &&
    !host.alongside &&
    recordedIds(listDirectory(builds.directory)).every((id) => findBuild(history, id) !== undefined);
  if (!settled) {
    const warn = once(output.warn);
    const caught = adoptRecords(builds, thisSystem, warn).loaded;
    const again = readPageHistory(builds.directory, most);
    again.problems.forEach(complainer(builds, warn));
    // Where nothing may be appended, what was adopted is known in memory only.
    return again.history.order.length < caught.history.order.length ? { ...again, history: caught.history } : again;
  }
  warnOfProblems(builds, read.problems, output.warn);
  return read;
}

function logTail(host: Host, app: AppName, build: BuildId, limit: number): Tail | string | undefined {
  try {
    return readTail(logPath(host, app, build), limit);
  } catch (error) {
    return reasonOf(error);
  }
}

function writePage(output: Output, out: string, html: string): void {
  if (out === '') throw new Failure('Flag --out needs the name of a file');
  const path = resolve(out);
  try {
    replaceFile(path, html, { mode: 0o644, durable: false });
  } catch (error) {
    throw new Failure(`Cannot write ${printable(path)}: ${reasonOf(error)} (in ${printable(dirname(path))})`);
  }
  output.step(`Wrote ${printable(path)} (${(Buffer.byteLength(html) / 1e6).toFixed(2)} MB)`);
}
