import { toWholeSeconds } from '../../host/durations';
import type { SeenBuild } from '../records/record';

/** The stored retentions as text ('' when not set), and the one that applies. */
export interface Retentions {
  readonly own: string;
  readonly global: string;
  readonly computed: number;
}

/** The fields of a report, by flag name without dashes, in alphabetical order. No value is ''. */
export type Report = Readonly<Record<ReportFlag, string>>;

export const reportFlags = [
  'build-exit-code',
  'build-finished-at',
  'build-id',
  'build-kind',
  'build-pid',
  'build-source',
  'build-started-at',
  'build-status',
  'builds-computed-retention',
  'builds-global-retention',
  'builds-retention',
] as const;

export type ReportFlag = (typeof reportFlags)[number];

/** What `builds:report` says of an app whose newest build is `newest`. */
export function report(newest: SeenBuild | undefined, retentions: Retentions): Report {
  const build = newest?.build;
  const ended = build && build.status !== 'running' ? build : undefined;
  return {
    'build-exit-code': ended ? String(ended.exitCode) : '',
    'build-finished-at': ended ? toWholeSeconds(ended.finishedAt) : '',
    'build-id': build?.id ?? '',
    'build-kind': build?.kind ?? '',
    'build-pid': build ? String(build.process.pid) : '',
    'build-source': build?.source ?? '',
    'build-started-at': build ? toWholeSeconds(build.startedAt) : '',
    'build-status': newest?.displayStatus ?? '',
    'builds-computed-retention': String(retentions.computed),
    'builds-global-retention': retentions.global,
    'builds-retention': retentions.own,
  };
}

/** The global part of it. */
export function globalReport(retention: string): Partial<Report> {
  return { 'builds-global-retention': retention };
}

const PREFIX = 'builds-';
const KEY_COLUMNS = 31;

/** The JSON of a report: its fields, and those of the retentions once more without their prefix. */
export function reportJson(fields: Partial<Report>): Record<string, string> {
  const unprefixed = Object.entries(fields)
    .filter(([flag]) => flag.startsWith(PREFIX))
    .map(([flag, value]) => [flag.slice(PREFIX.length), value] as const);
  return { ...fields, ...Object.fromEntries(unprefixed) };
}

/** One line a field: `Build exit code:`, padded to 31 columns, and the value. */
export function reportLines(fields: Partial<Report>): string[] {
  return Object.entries(fields).map(([flag, value]) => {
    const words = flag.replaceAll('-', ' ');
    return `${`${words.charAt(0).toUpperCase()}${words.slice(1)}:`.padEnd(KEY_COLUMNS)}${value}`;
  });
}
