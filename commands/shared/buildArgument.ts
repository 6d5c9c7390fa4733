import type { Host } from '../../host/dokku/environment';
import { Failure, type Warn } from '../../host/failure';
import { readDeployLock } from '../../host/dokku/locks';
import { type AppName, type BuildId, isGeneratedBuildId } from '../../host/dokku/names';
import { type AppBuilds, buildsDirectory } from '../../host/dokku/paths';
import { readingApp } from './readingApp';
import { type Build, findBuild, type History, newestBuild, buildsOf } from '../../journal/history';
import { loadHistory } from '../../journal/loadHistory';
import { buildOfRelease, readReleases } from '../../projections/lists/releases';
import { type PastBuild, readPastBuild, startedIds } from '../../projections/events/past';
import { isFailure, type ShownBuild } from '../../projections/records/record';

/** The builds of an app among which one is named; as they stood `until` a time (ms since the epoch), or now. */
export interface Among {
  readonly app: AppName;
  readonly history: History;
  readonly show: (build: Build) => ShownBuild;
  readonly until?: number | undefined;
  /** Called for damage, if the whole journal has to be read. */
  readonly warn: Warn;
}

/**
 * The build of an app that `asked` names: by its id; by `last`, `last-failed` (the newest that failed or was
 * abandoned) or `current` (the one that holds the deploy lock); by its release, such as `v12`; or by the beginning of
 * its id. An exact id comes first, and builds on record come before pruned ones, for which the whole journal is read.
 * Throws {@link Failure} if `asked` names no build, or several, and {@link NotDeploying} if there is no current build.
 */
export function findNamedBuild(host: Host, among: Among, asked: BuildId): PastBuild {
  const { history } = among;
  const exact = findBuild(history, asked);
  if (exact !== undefined) return { build: exact };
  if (isNickname(asked)) return { build: nicknamed(host, among, asked) };
  const released = releasedAs(host, among, asked);
  if (released !== undefined) {
    const present = findBuild(history, released);
    return present === undefined ? findPast(host, among, released) : { build: present };
  }
  const begun = history.pruned.includes(asked) ? [] : buildsOf(history).filter((build) => build.id.startsWith(asked));
  if (begun.length > 1) throw ambiguous(asked, begun.map(({ id: one }) => one).reverse());
  const [only] = begun;
  return only === undefined ? findPast(host, among, asked) : { build: only };
}

/**
 * The id that `asked` names among the builds of some apps, in the same way, except that a name such as `last` needs
 * one app. Undefined if it names none of them. Throws {@link Failure} if one app is needed, or several builds could be
 * meant.
 */
export function findNamedId(host: Host, amongs: readonly Among[], asked: BuildId): BuildId | undefined {
  if (amongs.some(({ history }) => findBuild(history, asked) !== undefined || history.pruned.includes(asked)))
    return asked;
  if (isNickname(asked)) {
    const [only] = amongs;
    if (only !== undefined && amongs.length === 1) return nicknamed(host, only, asked).id;
    throw new Failure(`Each app has a ${asked} build of its own: please specify an app`);
  }
  const [first] = amongs;
  const released = first && amongs.length === 1 ? releasedAs(host, first, asked) : undefined;
  if (released !== undefined) return released;
  const present = amongs.flatMap(({ history }) =>
    buildsOf(history)
      .map((build) => build.id)
      .reverse(),
  );
  const begun = present.filter((one) => one.startsWith(asked));
  const found =
    begun.length > 0
      ? begun
      : amongs.flatMap(({ app, warn }) => startedIds(readingApp(host, app), asked, undefined, warn));
  if (found.includes(asked)) return asked;
  const distinct = [...new Set(found)];
  if (distinct.length > 1) throw ambiguous(asked, distinct);
  return distinct[0];
}

const RELEASE = /^v([1-9]\d{0,8})$/;

/** The build of the release that `asked` names, such as `v12`; undefined when it names none. */
function releasedAs(host: Host, { app, warn }: Among, asked: BuildId): BuildId | undefined {
  const [, version] = RELEASE.exec(asked) ?? [];
  return version === undefined ? undefined : buildOfRelease(readingApp(host, app), Number(version), warn);
}

/** `current` was asked for, and no deploy holds the lock. For some commands this is not an error. */
export class NotDeploying extends Failure {}

/**
 * The build that holds the deploy lock of `app`. Throws {@link NotDeploying} when there is none, and {@link Failure}.
 */
export function currentBuildId(host: Host, app: AppName): BuildId {
  const lock = readDeployLock(host, app);
  switch (lock.state) {
    case 'none':
      throw new NotDeploying('App not currently deploying');
    case 'empty':
      throw new NotDeploying('No matching app deploy found');
    case 'unreadable':
      throw new Failure(`Cannot tell which build holds the deploy lock: ${lock.reason}`);
    case 'held':
      return lock.id;
  }
}

const nicknames = ['last', 'last-failed', 'current'] as const;
type Nickname = (typeof nicknames)[number];

function isNickname(text: string): text is Nickname {
  return nicknames.some((one) => one === text);
}

function nicknamed(host: Host, { app, history, show, until }: Among, nickname: Nickname): Build {
  switch (nickname) {
    case 'last':
      return newestBuild(history) ?? none(`No builds recorded for ${app}`);
    case 'last-failed': {
      const failed = buildsOf(history).findLast((build) => isFailure(show(build)));
      return failed ?? none(`No failed build of ${app} is on record`);
    }
    case 'current': {
      const id = currentBuildId(host, app);
      const known = findBuild(history, id) ?? (until === undefined ? startedJustNow(host, app, id) : undefined);
      return known ?? none(`No build record found for ${app}/${id}`);
    }
  }
}

/** A deploy may have begun between the reading of the history and that of the lock. */
function startedJustNow(host: Host, app: AppName, id: BuildId): Build | undefined {
  return findBuild(loadHistory(buildsDirectory(host, app)).history, id);
}

function none(message: string): never {
  throw new Failure(message);
}

/** A pruned build is found in the journal alone. */
function findPast(host: Host, { app, history, until, warn }: Among, id: BuildId): PastBuild {
  const builds = readingApp(host, app);
  // a generated id is not the beginning of another one
  const begun = isGeneratedBuildId(id) ? [id] : startedIds(builds, id, until, warn);
  const meant = begun.includes(id) ? id : begun[0];
  if (meant !== id && begun.length > 1) throw ambiguous(id, begun);
  const past = meant && readPastBuild(builds, meant, until, warn);
  if (past) return past;
  const known = [
    ...buildsOf(history)
      .map((build) => build.id)
      .reverse(),
    ...nicknames,
  ];
  const more = RELEASE.test(id) ? `\n${newestRelease(builds, warn)}` : '';
  throw new Failure(`No build record found for ${app}/${id}${more}`, 1, { given: id, known });
}

function newestRelease(builds: AppBuilds, warn: Warn): string {
  const { count } = readReleases(builds, 1, warn);
  return count === 0 ? 'No releases recorded for this app' : `The newest release is v${count}`;
}

const MOST_CANDIDATES = 10;

/** Lists the builds that could be meant, one per line. */
function ambiguous(id: BuildId, candidates: readonly BuildId[]): Failure {
  const more = candidates.length - MOST_CANDIDATES;
  return new Failure(
    [
      `${candidates.length} builds have an id that begins with ${id}:`,
      ...candidates.slice(0, MOST_CANDIDATES).map((one) => `  ${one}`),
      ...(more > 0 ? [`  and ${more} more`] : []),
    ].join('\n'),
  );
}
