import { existsSync, lstatSync, readdirSync, statSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';

import type { Call } from '../../host/call';
import { listApps } from '../../host/dokku/apps';
import type { Host } from '../../host/dokku/environment';
import type { AppName } from '../../host/dokku/names';
import { buildsDirectory, type PropertyScope } from '../../host/dokku/paths';
import { reasonOf, type Warn } from '../../host/failure';
import { removeDurably } from '../../host/files/durable';
import { ageOf, makeDirectory } from '../../host/files/files';
import { removeStaleTemporaries, replaceFile } from '../../host/files/replaceFile';
import { maskFiles } from '../../host/secrets/readMask';
import { thisSystem } from '../../host/system/system';
import { JOURNAL_FILE } from '../../journal/file/journalFile';
import { pageHtml, type PageSource } from '../../projections/page/page';
import { readAppPage, readHostPage } from '../../projections/page/readPage';
import { deliverAlone } from '../notifications/delivery/soleDeliverer';
import { isPageOn, pagePath, pagesDirectory, updateDirectory } from './keptPages';
import { isUpdateRequested, takeRequest } from './requestPages';

/** From one version of a page to the next at least this. */
const LEAST_MS = 1000;
/** And this many times as long as it took to make: a host of many apps does not spend its time on pages. */
const REST = 4;
/** A browser loads the page again so often. */
const RELOAD_SECONDS = 30;

/**
 * `builds-update-pages`: brings the pages up to date that the property `page` asks for, until no event is left that
 * they do not show, and removes those that it does not ask for any more. Triggers start it behind themselves.
 */
export async function updatePages({ host, output }: Call): Promise<undefined> {
  const directory = updateDirectory(host);
  const isDone = (): boolean => !isUpdateRequested(directory);
  if (isDone()) return;
  const update = async (): Promise<void> => {
    for (const place of [directory, pagesDirectory(host)]) removeStaleTemporaries(place, thisSystem);
    for (let rest = restOf(pagesDirectory(host)); ;) {
      await setTimeout(rest);
      const began = Date.now();
      takeRequest(directory);
      updateAll(host, output.warn);
      rest = Math.max(LEAST_MS, REST * (Date.now() - began));
      if (isDone()) return;
    }
  };
  await deliverAlone(directory, update, isDone);
}

/** How long to wait since a page was written last, ms. */
function restOf(directory: string): number {
  const age = ageOf(join(directory, 'index.html'), Date.now()) ?? LEAST_MS;
  return Math.max(0, Math.min(LEAST_MS, LEAST_MS - age));
}

function updateAll(host: Host, warn: Warn): void {
  const attempt = (scope: PropertyScope, work: () => void): void => {
    try {
      work();
    } catch (error) {
      warn(`The page of ${scope} could not be brought up to date: ${reasonOf(error)}`);
    }
  };
  const context = { host, system: thisSystem, warn };
  const apps = listApps(host);
  attempt('--global', () => {
    if (isPageOn(host, '--global')) write(host, '--global', readHostPage(context, apps));
    else if (existsSync(pagePath(host, '--global'))) removeDurably(pagePath(host, '--global'));
  });
  const wanted = apps.filter((app) => isPageOn(host, app));
  for (const app of wanted.filter((one) => isOutOfDate(host, one)))
    attempt(app, () => write(host, app, readAppPage(context, app)));
  removeOthers(host, wanted);
}

function write(host: Host, scope: PropertyScope, content: Omit<PageSource, 'host'>): void {
  const path = pagePath(host, scope);
  makeDirectory(join(path, '..'));
  const html = pageHtml({ host: hostname(), ...content, reload: RELOAD_SECONDS });
  replaceFile(path, html, { mode: 0o644, durable: false });
}

/** The file times of some file systems have whole seconds: a page of the same second as the last event may lack it. */
const TIME_STEP_MS = 2000;

/** Whether an event, or a change of what is secret, came after the page was written. */
function isOutOfDate(host: Host, app: AppName): boolean {
  const timeOf = (path: string): number | undefined => lstatSync(path, { throwIfNoEntry: false })?.mtimeMs;
  const written = timeOf(pagePath(host, app));
  if (written === undefined) return true;
  const sources = [join(buildsDirectory(host, app), JOURNAL_FILE), ...maskFiles(host, app)];
  return sources.some((path) => (timeOf(path) ?? Number.NEGATIVE_INFINITY) + TIME_STEP_MS > written);
}

/** Removes pages of apps that do not exist any more, or whose page is off. */
function removeOthers(host: Host, wanted: readonly AppName[]): void {
  const directory = join(pagesDirectory(host), 'apps');
  const names = new Set(wanted.map((app) => `${app}.html`));
  const there = statSync(directory, { throwIfNoEntry: false }) === undefined ? [] : readdirSync(directory);
  for (const name of there) if (!names.has(name)) removeDurably(join(directory, name));
}
