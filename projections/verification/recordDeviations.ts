import { join } from 'node:path';

import { parseTimestamp } from '../../host/durations';
import type { AppName, BuildId } from '../../host/dokku/names';
import type { AppBuilds } from '../../host/dokku/paths';
import { listDirectory } from '../../host/files/files';
import { evolveAll, initialState } from '../../journal/decider';
import { JOURNAL_FILE } from '../../journal/file/journalFile';
import type { Deviation } from '../../journal/file/verifyJournal';
import { type Build, buildsOf, findBuild, type History } from '../../journal/history';
import { startedAmong } from '../../journal/startedAmong';
import { parseRecord, recordText, toRecord } from '../records/record';
import { readRecordFile, recordContent, recordedIds } from '../records/recordFiles';

/**
 * The records of an app that differ from `history`, which is made from the journal alone, and records of builds that
 * are not in it. `readAll` gives the history that commands show, which begins with the checkpoint.
 */
export function recordDeviations(builds: AppBuilds, history: History, readAll: () => History): Deviation[] {
  const { app, directory, mode } = builds;
  if (mode === 'alongside') return []; // the records are the stock plugin's
  const known = buildsOf(history).flatMap((build) => {
    const text = recordContent(directory, build.id);
    if (text !== undefined && saysTheSame(app, build, text)) return [];
    const what = text === undefined ? 'is missing' : 'does not agree with the journal: it was changed';
    return [deviation(build.id, `${what}; builds:replay writes it again`)];
  });
  return [...known, ...unknownRecords(directory, history, readAll)];
}

/**
 * Whether a record says of `build` what the journal says, in whatever form: the stock plugin and others write other
 * spaces, no last line break, a byte order mark, or the same time in another zone.
 */
function saysTheSame(app: AppName, build: Build, text: string): boolean {
  if (text === recordText(app, build)) return true;
  const read = parseRecord(build.id, text);
  if (typeof read === 'string') return false;
  const history = evolveAll(initialState, [read.started, ...(read.ended ? [read.ended] : [])]);
  const recorded = findBuild(history, build.id);
  return (
    recorded !== undefined &&
    (build.adopted || appIn(text) === app) && // the stock plugin leaves the old name in when an app is renamed
    JSON.stringify(comparable(app, recorded)) === JSON.stringify(comparable(app, build))
  );
}

/** Times become ms since the epoch, and text becomes well-formed, as in the journal. */
function comparable(app: AppName, build: Build): object {
  const record = toRecord(app, build);
  const { started_at, finished_at } = record;
  return {
    ...record,
    source: record.source.replace(/\p{Surrogate}/gu, '\ufffd'),
    started_at: parseTimestamp(started_at),
    ...(finished_at !== undefined && { finished_at: parseTimestamp(finished_at) }),
  };
}

function appIn(text: string): unknown {
  return (JSON.parse(withoutMark(text)) as { app?: unknown }).app;
}

function withoutMark(text: string): string {
  return text.replace(/^\ufeff/, '');
}

function unknownRecords(directory: string, history: History, readAll: () => History): Deviation[] {
  const unknown = recordedIds(listDirectory(directory)).filter((id) => findBuild(history, id) === undefined);
  if (unknown.length === 0) return [];
  const all = readAll();
  const pruned = new Set([...all.pruned, ...startedAmong(join(directory, JOURNAL_FILE), new Set(unknown))]);
  return unknown.map((id) => deviation(id, whatBecomesOf(directory, id, findBuild(all, id) !== undefined, pruned)));
}

/** What the next commands will do with a record that the journal does not have. */
function whatBecomesOf(directory: string, id: BuildId, isInCheckpoint: boolean, pruned: ReadonlySet<BuildId>): string {
  if (isInCheckpoint)
    return (
      'is of a build that the journal has lost and the checkpoint still knows; ' +
      'after builds:replay the next command adopts it'
    );
  if (pruned.has(id)) return 'is of a build that was pruned; the next trigger removes it';
  const record = readRecordFile(directory, id);
  if (typeof record === 'string') return `cannot be read: ${record}`;
  return 'is not in the journal; the next command adopts it';
}

function deviation(id: BuildId, meaning: string): Deviation {
  return { kind: 'record', meaning: `the record ${id}.json ${meaning}`, mayPass: true };
}
