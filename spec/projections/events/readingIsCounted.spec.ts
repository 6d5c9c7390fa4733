import { join } from 'node:path';

import test from 'ava';

import { type AppName, parseBuildId } from '../../../host/dokku/names';
import type { AppBuilds } from '../../../host/dokku/paths';
import { closeJournal, JOURNAL_FILE, openJournalForAppend } from '../../../journal/file/journalFile';
import { loadHistory } from '../../../journal/loadHistory';
import { eventSource, mergedEvents } from '../../../projections/events/mergedEvents';
import { readHistoryAt, readPast, readPastBuild } from '../../../projections/events/past';
import { readReleases } from '../../../projections/lists/releases';
import { readPageHistory } from '../../../projections/page/pageHistory';
import { readMetrics } from '../../../subscribers/metrics/readMetrics';
import { finished, pruned, started } from '../../journal/buildEvents';
import { appendAll } from '../../journal/file/temporaryJournal';
import { temporaryDirectory } from '../../temporaryHost';

test('every reader of a whole journal reports its progress', (t) => {
  const directory = temporaryDirectory(t);
  const journal = openJournalForAppend(join(directory, JOURNAL_FILE));
  t.teardown(() => closeJournal(journal));
  const story = [started('b1'), finished('b1'), started('b2'), finished('b2'), pruned('b1')];
  appendAll(journal, story);
  let read = 0;
  const onRead = (): void => {
    read += 1;
  };
  const builds: AppBuilds = { app: 'shop' as AppName, directory, buildsRoot: directory, mode: 'owner', onRead };
  const readings: Readonly<Record<string, () => unknown>> = {
    releases: () => readReleases(builds, 1, t.fail),
    'a pruned build': () => readPastBuild(builds, parseBuildId('b1'), undefined, t.fail),
    'all builds': () => [...readPast(builds, undefined, t.fail)],
    'the past': () => readHistoryAt(builds, Date.now(), t.fail),
    events: () => [...mergedEvents([eventSource(builds, t.fail)], () => false)],
    page: () => readPageHistory(directory, 1, onRead),
    metrics: () => readMetrics(builds, false, () => t.fail()),
    'history without a checkpoint': () => loadHistory(directory, onRead),
  };
  for (const [what, reading] of Object.entries(readings)) {
    read = 0;
    reading();
    t.is(read, story.length, what);
  }
});
