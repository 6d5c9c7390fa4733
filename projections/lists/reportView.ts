import type { Retentions } from '../../host/dokku/retention';
import { toWholeSeconds } from '../../host/durations';
import type { ShownBuild } from '../records/record';

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

/**
 * Fields that the stock plugin does not report. They must not change output that scripts already read, so they are
 * shown only on a terminal, in the one document about all apps, and if they are asked for by name.
 */
export const extraFlags = [
  'builds-computed-log-retention',
  'builds-computed-retention-days',
  'builds-log-bytes',
] as const;

export type ExtraFlag = (typeof extraFlags)[number];

export function isExtra(flag: string | undefined): flag is ExtraFlag {
  return extraFlags.some((extra) => extra === flag);
}

/** The fields of a report that are shown, the extra ones behind the others. */
export type Shown = Partial<Record<ReportFlag | ExtraFlag, string>>;

/** The extra fields: the limits that apply, and the bytes that the app's logs take. */
export function extraReport(
  { days, logs }: { readonly days: number | undefined; readonly logs: number | undefined },
  bytes: number,
): Record<ExtraFlag, string> {
  return {
    'builds-computed-log-retention': String(logs ?? ''),
    'builds-computed-retention-days': String(days ?? ''),
    'builds-log-bytes': String(bytes),
  };
}

/** The fields of `builds:report` for an app whose newest build is `newest`. */
export function report(newest: ShownBuild | undefined, retentions: Retentions): Report {
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
export function globalReport(retention: string): Shown {
  return { 'builds-global-retention': retention };
}

const PREFIX = 'builds-';
const KEY_COLUMNS = 31;

/** The JSON of a report: its fields, and those of the retentions once more without their prefix. */
export function reportJson(fields: Shown): Record<string, string> {
  const all = Object.entries(fields);
  const stock = all.filter(([flag]) => !isExtra(flag));
  const unprefixed = stock
    .filter(([flag]) => flag.startsWith(PREFIX))
    .map(([flag, value]) => [flag.slice(PREFIX.length), value] as const);
  return Object.fromEntries([...stock, ...unprefixed, ...all.filter(([flag]) => isExtra(flag))]);
}

/** One line a field: `Build exit code:`, padded to 31 columns, and the value. */
export function reportLines(fields: Shown): string[] {
  return Object.entries(fields).map(([flag, value]) => {
    const words = flag.replaceAll('-', ' ');
    return `${`${words.charAt(0).toUpperCase()}${words.slice(1)}:`.padEnd(KEY_COLUMNS)}${value}`;
  });
}
