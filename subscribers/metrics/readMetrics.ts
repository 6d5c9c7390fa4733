import { join } from 'node:path';

import type { AppBuilds } from '../../host/dokku/paths';
import { isAlive } from '../../host/system/processes';
import { readShortcut, writeShortcut } from '../../host/files/shortcut';
import type { Recorded } from '../../journal/events';
import {
  type Head,
  isHead,
  isHeadOf,
  type Journal,
  JOURNAL_FILE,
  START,
  withJournal,
} from '../../journal/file/journalFile';
import { type Problem, readJournal } from '../../journal/file/readJournal';
import {
  addEvent,
  type AppMetrics,
  metricsFromJson,
  type MetricsJson,
  metricsToJson,
  noMetrics,
} from '../../projections/metrics/appMetrics';
import type { ShownApp } from '../../projections/metrics/metricsText';

/** In an app's directory: its metrics up to a position in its journal, so that only what is new is read. */
const METRICS_FILE = '.metrics';
const METRICS_BYTES = 4 * 1024 * 1024;
const VERSION = 2;

interface Read {
  readonly head: Head;
  readonly metrics: AppMetrics;
}

/** What is called while a journal is read. */
interface Watcher {
  readonly onProblem: (problem: Problem) => void;
  readonly onRead: AppBuilds['onRead'];
}

/**
 * The metrics of an app, read from the stored ones on. `store`: they are stored again if there is something new.
 * `onProblem` is called for each problem of the journal. Throws what reading a journal throws.
 */
export function readMetrics(
  { app, directory, onRead }: AppBuilds,
  store: boolean,
  onProblem: (problem: Problem) => void = () => undefined,
): ShownApp {
  const watcher = { onProblem, onRead };
  const shown = withJournal(join(directory, JOURNAL_FILE), (journal) => {
    const stored = readStored(directory);
    const before = stored?.head.end;
    const known = stored && isHeadOf(journal, stored.head) ? readFrom(journal, stored, watcher) : undefined;
    const read = known ?? readFrom(journal, { head: START, metrics: noMetrics() }, watcher);
    if (read === undefined) return undefined;
    if (store && read.head.end !== before) write(directory, read);
    const running = [...read.metrics.open.values()].filter(({ process }) => isAlive(process));
    return { app, metrics: read.metrics, running };
  });
  return shown ?? { app, metrics: noMetrics(), running: [] };
}

/** Reads on from `from`, whose metrics change. Undefined if it is not a position in this journal. */
function readFrom(journal: Journal, from: Read, { onProblem, onRead }: Watcher): Read | undefined {
  const { metrics } = from;
  const event = (recorded: Recorded): void => {
    onRead?.();
    addEvent(metrics, recorded.event);
  };
  const { head, diverged } = readJournal(journal, from.head, { event, problem: onProblem });
  return diverged ? undefined : { head, metrics };
}

/** Undefined if there are none, or they are damaged, or of another version. */
function readStored(directory: string): Read | undefined {
  const stored = readShortcut(join(directory, METRICS_FILE), METRICS_BYTES);
  if (!Array.isArray(stored)) return undefined;
  const [version, head, metrics] = stored as [unknown, unknown, MetricsJson];
  return version === VERSION && isHead(head) ? { head, metrics: metricsFromJson(metrics) } : undefined;
}

function write(directory: string, { head, metrics }: Read): void {
  try {
    writeShortcut(join(directory, METRICS_FILE), [VERSION, head, metricsToJson(metrics)]);
  } catch {
    // a shortcut that could not be stored costs the next reader time, nothing else
  }
}
