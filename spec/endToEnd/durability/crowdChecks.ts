import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

import type { ExecutionContext } from 'ava';

import type { Host } from '../../../host/dokku/environment';
import type { AppName } from '../../../host/dokku/names';
import { appBuilds } from '../../../host/dokku/paths';
import { thisSystem } from '../../../host/system/system';
import { runningBuilds } from '../../../journal/history';
import { loadHistory } from '../../../journal/loadHistory';
import { verifyApp } from '../../../projections/verification/verifyApp';
import { filesOf, recordsOf } from '../../projections/records/temporaryApp';
import { readJournal } from '../docs/journalReader';
import { type Audit, auditJournal } from './journalAudit';
import { command } from './pluginCalls';
import type { Told } from './told';

/** How many builds that have ended a crowd keeps of each app. */
export const RETENTION = 5;

/** Somebody's write was seen halfway: what a reader may say, and nothing else. */
const HARMLESS = /^The journal of \S+ is damaged from byte/;

/**
 * Audits what a crowd of processes has left in the journals of `apps`, and all files beside them, against what each
 * process was told. `killed`: so many of them were killed, each of which may have added one event without a word.
 * Returns figures for the log.
 */
export async function checkCrowd(
  t: ExecutionContext,
  host: Host,
  apps: readonly AppName[],
  told: readonly Told[],
  killed = 0,
): Promise<string> {
  const audits = new Map(apps.map((app) => [app, auditJournal(journalOf(host, app))] as const));
  const untold: string[] = [];
  for (const [app, audit] of audits) {
    t.deepEqual(audit.broken, [], app);
    if (killed === 0) t.is(audit.debris, 0, app);
    const ofApp = told.filter((one) => one.app === app);
    untold.push(...checkTold(t, ofApp, audit).map((seq) => `event ${seq} of ${app}`));
    checkRetention(t, audit);
    checkStored(t, host, app);
  }
  t.true(untold.length <= killed, `${killed} processes were killed; nobody says to have added ${untold.join(', ')}`);
  const running = apps.flatMap((app) =>
    runningBuilds(loadHistory(appBuilds(host, app).directory).history)
      .filter(({ id }) => !id.startsWith('dead-'))
      .map(({ id }) => `${app}/${id}`),
  );
  for (const look of ['as it was left', 'as it was made anew']) {
    const { stdout } = await command(host, 'list', ['--format', 'json']);
    const listed = (JSON.parse(stdout) as { app: string; id: string }[]).map(({ app, id }) => `${app}/${id}`);
    t.deepEqual(listed.sort(), running.toSorted(), look);
  }
  const sum = (of: (audit: Audit) => number): number => [...audits.values()].reduce((all, one) => all + of(one), 0);
  return (
    `${sum(({ events }) => events.length)} events, ${sum(({ voidFrames }) => voidFrames)} void frames, ` +
    `${running.length} builds running at the end`
  );
}

/** Everything that was told is in the journal. Returns the numbers of the starts and cancels that nobody claims. */
export function checkTold(t: ExecutionContext, told: readonly Told[], { events }: Audit): number[] {
  const bySeq = new Map(events.map((one) => [one.seq, one]));
  const claimed = new Set<number>();
  const starts = new Map<string, number>();
  const stageOf = stagesIn(events);
  for (const one of told) {
    switch (one.op) {
      case 'added':
        for (const { seq, id, event } of one.added) {
          t.deepEqual({ seq, id, event }, bySeq.get(seq) as never, `event ${seq}`);
          t.false(claimed.has(seq), `two processes say that they added event ${seq}`);
          claimed.add(seq);
        }
        break;
      case 'started':
        starts.set(one.build, (starts.get(one.build) ?? 0) + 1);
        t.is(starts.get(one.build), 1, `${one.build} was started twice`);
        t.true(stageOf(one.build).started, `${one.build} is not in the journal`);
        break;
      case 'finished':
        t.true(stageOf(one.build).ended, `${one.build} has not ended`);
        break;
      case 'adopted':
        t.true(stageOf(one.build).started, `${one.build} was not adopted`);
        break;
      case 'refused': {
        const { started, left } = stageOf(one.build);
        t.true(one.why === 'started before' ? started : !started || left, `${one.what} of ${one.build}: ${one.why}`);
        break;
      }
      case 'read':
        t.deepEqual(one.torn, []);
        break;
      case 'warned':
        t.regex(one.message, HARMLESS);
    }
  }
  const unclaimed = events.filter(({ seq, event }) => {
    if (claimed.has(seq) || event.type === 'Pruned') return false;
    if ('adopted' in event) return false;
    return event.type === 'BuildStarted' ? !starts.has(event.build) : event.type === 'BuildCanceled';
  });
  return unclaimed.map(({ seq }) => seq);
}

function stagesIn(events: Audit['events']) {
  const started = new Set<string>();
  const ended = new Set<string>();
  const left = new Set<string>();
  for (const { event } of events) {
    if (event.type === 'BuildStarted') started.add(event.build);
    else if (event.type === 'Pruned') event.builds.forEach((build) => left.add(build));
    else ended.add(event.build);
  }
  return (build: string) => ({ started: started.has(build), ended: ended.has(build), left: left.has(build) });
}

/** Nobody prunes below the retention, nobody reaps what lives, and what was canceled stays so. */
function checkRetention(t: ExecutionContext, { events }: Audit): void {
  const ended = new Set<string>();
  for (const { seq, event } of events) {
    if (event.type === 'BuildFinished' || event.type === 'BuildCanceled') ended.add(event.build);
    if (event.type === 'BuildFinished' && event.cause === 'abandoned') {
      t.true(event.build.startsWith('dead-'), `event ${seq} reaps ${event.build}, which lives`);
    }
    if (event.type !== 'Pruned' || event.reason !== 'retention') continue;
    for (const build of event.builds) ended.delete(build);
    t.is(
      ended.size,
      RETENTION,
      `event ${seq} drops ${event.builds.join(' ')} and leaves another number of builds than are kept`,
    );
  }
}

/** What is stored beside the journal is what it says, without any further help. */
export function checkStored(t: ExecutionContext, host: Host, app: AppName): void {
  const builds = appBuilds(host, app);
  const records = Object.entries(filesOf(builds)).filter(([name]) => name.endsWith('.json'));
  t.deepEqual(Object.fromEntries(records), recordsOf(builds), `records of ${app}`);
  const names = readdirSync(builds.directory);
  t.deepEqual(
    names.filter((name) => name.endsWith('.tmp')),
    [],
  );
  const ids = records.map(([name]) => name.slice(0, -'.json'.length)).filter((id) => !id.startsWith('stock-'));
  t.deepEqual(
    ids.filter((id) => !names.includes(`${id}.log`)),
    [],
    `lost logs of ${app}`,
  );
  t.deepEqual(verifyApp(builds, thisSystem).deviations, []);
  const { missing, disputed, badDigests } = readJournal(readFileSync(journalOf(host, app)));
  t.deepEqual({ missing, disputed, badDigests }, { missing: [], disputed: [], badDigests: [] }, app);
}

/** The path of the journal of an app, whose directory is there then. */
export function journalOf(host: Host, app: AppName): string {
  const { directory } = appBuilds(host, app);
  mkdirSync(directory, { recursive: true });
  return path.join(directory, 'events.journal');
}
