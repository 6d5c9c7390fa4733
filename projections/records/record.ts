import { formatDuration, parseTimestamp } from '../../host/durations';
import type { AppName, BuildId } from '../../host/dokku/names';
import type { AdoptedRecord } from '../../journal/commands';
import { asSource, type BuildStarted, sources, type Timestamp } from '../../journal/events';
import type { Build } from '../../journal/history';

/** The mandated record of a build: these keys, in this order, no others. */
export interface BuildRecord {
  readonly id: string;
  readonly app: string;
  readonly kind: string;
  readonly pid: number;
  readonly started_at: Timestamp;
  readonly finished_at?: Timestamp;
  readonly status: Build['status'];
  readonly source: string;
  readonly exit_code?: number;
}

/** What `build` looks like on record. The name of the app is not part of its history: it can be renamed. */
export function toRecord(app: AppName, build: Build): BuildRecord {
  return {
    id: build.id,
    app,
    kind: build.kind,
    pid: build.process.pid,
    started_at: build.startedAt,
    ...(build.status !== 'running' && { finished_at: build.finishedAt }),
    status: build.status,
    source: build.source,
    ...(build.status !== 'running' && { exit_code: build.exitCode }),
  };
}

/** The content of the record file: two-space indent and a final newline. */
export function recordText(app: AppName, build: Build): string {
  return `${JSON.stringify(toRecord(app, build), null, 2)}\n`;
}

/**
 * Reads `text`, a record of build `id` that something else wrote. Tolerant of what is missing or unknown as long as it
 * says when the build began and how it stands; otherwise a sentence that says what is wrong.
 */
export function parseRecord(id: BuildId, text: string): AdoptedRecord | string {
  let record: unknown;
  try {
    record = JSON.parse(text.replace(/^\ufeff/, '')); // a byte order mark
  } catch {
    return 'it is not JSON';
  }
  if (typeof record !== 'object' || record === null || Array.isArray(record)) return 'it is not a JSON object';
  const {
    id: own,
    kind,
    pid,
    started_at,
    finished_at,
    status,
    source,
    exit_code,
  } = record as Partial<Record<string, unknown>>;
  if (own !== undefined && own !== id) return 'its id is another one than its file name says';
  if (!isTimestamp(started_at)) return 'it has no valid started_at';
  const from = typeof source === 'string' && source !== '' ? source : 'unknown';
  if (from.length > SOURCE_CHARACTERS) return `its source is longer than ${SOURCE_CHARACTERS} characters`;
  const started: BuildStarted = {
    type: 'BuildStarted',
    build: id,
    kind: kind === 'build' || kind === 'deploy' ? kind : sources[asSource(from) ?? 'unknown'],
    source: from,
    process: { pid: Math.max(0, asWhole(pid) ?? 0) },
    startedAt: started_at,
    actor: {},
    adopted: true,
  };
  const finishedAt = isTimestamp(finished_at) ? finished_at : started_at;
  switch (status) {
    case 'running':
      return { started };
    case 'succeeded':
    case 'failed': {
      const known = asWhole(exit_code);
      if (known === undefined && exit_code !== undefined && exit_code !== null)
        return 'its exit_code is not a whole number';
      const exitCode = known ?? (status === 'succeeded' ? 0 : -1);
      const cause = status === 'failed' && exitCode === -1 ? 'abandoned' : 'exit';
      return {
        started,
        ended: { type: 'BuildFinished', build: id, status, exitCode, cause, finishedAt, adopted: true },
      };
    }
    case 'canceled':
      return { started, ended: { type: 'BuildCanceled', build: id, actor: {}, finishedAt, adopted: true } };
    default:
      return 'its status is none of running, succeeded, failed, canceled';
  }
}

/** What is adopted becomes an event, and that has to fit into a frame. */
const SOURCE_CHARACTERS = 200;
const TIMESTAMP_CHARACTERS = 64;

function isTimestamp(value: unknown): value is Timestamp {
  return typeof value === 'string' && value.length <= TIMESTAMP_CHARACTERS && parseTimestamp(value) !== undefined;
}

/** A whole number, or one that is written as text. */
function asWhole(value: unknown): number | undefined {
  const number = typeof value === 'string' && /^-?\d{1,16}$/.test(value) ? Number(value) : value;
  return Number.isSafeInteger(number) ? Number(number) : undefined;
}

/** The status that readers see: that of a running build without a process is `abandoned`. */
export type DisplayStatus = Build['status'] | 'abandoned';

/** Every display status, in the order that messages name them. */
export const displayStatuses = [
  'running',
  'succeeded',
  'failed',
  'canceled',
  'abandoned',
] as const satisfies DisplayStatus[];

/** A build as somebody sees it at a certain time. */
export interface ShownBuild {
  readonly build: Build;
  readonly displayStatus: DisplayStatus;
  /** `1m14s`: to its end, or to now while it runs. */
  readonly duration: string;
  /** The same in whole seconds. */
  readonly durationSeconds: number;
}

/** The status of a build of this host or another one: `unknown` if it has no end and its host is silent. */
export type SeenStatus = DisplayStatus | 'unknown';

/** A build of this host or another one. */
export interface SeenBuild extends Omit<ShownBuild, 'displayStatus'> {
  readonly displayStatus: SeenStatus;
}

/** Whether it runs, or it is not known that its process has ended. */
export function mayRun({ displayStatus }: SeenBuild): boolean {
  return displayStatus === 'running' || displayStatus === 'unknown';
}

/** Whether it failed, or ended without a report. */
export function isFailure({ displayStatus }: SeenBuild): boolean {
  return displayStatus === 'failed' || displayStatus === 'abandoned';
}

/** `build` as it is shown at `now` (ms since the epoch); `alive` says whether its process lives. */
export function asShown(build: Build, now: number, alive: (build: Build) => boolean): ShownBuild {
  const displayStatus = build.status === 'running' && !alive(build) ? 'abandoned' : build.status;
  const until = build.status === 'running' ? now : (parseTimestamp(build.finishedAt) ?? now);
  const ms = until - (parseTimestamp(build.startedAt) ?? until);
  return { build, displayStatus, duration: formatDuration(ms), durationSeconds: Math.max(0, Math.round(ms / 1000)) };
}

/**
 * The JSON view: the record, the fields that the stock plugin adds to it, and what only the journal knows, in this
 * order. `logPath` is absolute.
 */
export function buildView(app: AppName, shown: SeenBuild, logPath: string): object {
  const { build, displayStatus: display_status, duration, durationSeconds: duration_seconds } = shown;
  const { revision, actor } = build;
  return {
    ...toRecord(app, build),
    ...{ display_status, duration, log_path: logPath },
    duration_seconds,
    ...(revision !== undefined && { revision }),
    actor,
  };
}
