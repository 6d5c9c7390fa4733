import { statSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, resolve } from 'node:path';

import { allowedApps, listApps } from '../../host/dokku/apps';
import type { Host } from '../../host/dokku/environment';
import { Failure, printable, reasonOf } from '../../host/failure';
import { replaceFile } from '../../host/system/files';
import type { AppName, BuildId } from '../../host/dokku/names';
import type { Output } from '../../host/terminal/output';
import { appBuilds, logPath } from '../../host/dokku/paths';
import { readTail, type Tail } from '../../host/system/tail';
import { buildsOf, findBuild } from '../../journal/history';
import { adoptRecords } from '../../projections/records/adoptRecords';
import { thisSystem } from '../../host/system/system';
import { warnOfProblems, complainer, once } from '../../projections/problemWarnings';
import { pageHtml } from '../../projections/page/page';
import { type PageHistory, readPageHistory } from '../../projections/page/pageHistory';
import { listDirectory } from '../../host/system/files';
import type { PageApp } from '../../projections/page/pageApp';
import { recordedIds } from '../../projections/records/recordFiles';
import { defineCommand } from '../definition/command';
import { aValue, maybeApp } from '../definition/flags';
import { seeAt } from '../shared/see';

export const page = defineCommand({
  description: 'Write a web page of how builds went in one file',
  args: { app: maybeApp('the app; without it every app that you may see') },
  flags: {
    out: aValue('<file>', 'where to write it; without it, and with -, the page goes to stdout', (file) => file, {
      completes: 'file',
      programOnly: true,
    }),
  },
  example: 'shop',
  alongside: true,
  run({ host, output, args: { app }, flags: { out }, now }) {
    const html = pageHtml({
      host: hostname(),
      now,
      single: app !== undefined,
      apps:
        app === undefined
          ? allowedApps(host, listApps(host)).flatMap(
              (one) => attempt(output, one, () => pageApp(host, output, one, now, OUTCOMES.each)) ?? [],
            )
          : [pageApp(host, output, app, now, OUTCOMES.one)],
      log: (of, build, limit) => logTail(host, of, build, limit),
    });
    if (out === undefined || out === '-') output.raw(html);
    else writePage(output, out, html);
    return undefined;
  },
});

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
  const there = statSync(path, { throwIfNoEntry: false });
  if (there !== undefined && !there.isFile()) throw new Failure(`${printable(path)} is not a regular file`);
  try {
    replaceFile(path, html, { mode: 0o644, durable: false });
  } catch (error) {
    throw new Failure(`Cannot write ${printable(path)}: ${reasonOf(error)} (in ${printable(dirname(path))})`);
  }
  output.step(`Wrote ${printable(path)} (${(Buffer.byteLength(html) / 1e6).toFixed(2)} MB)`);
}
