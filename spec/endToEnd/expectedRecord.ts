import type { Sandbox } from '../../scripts/sandbox/host';

/** The record of a build, as section 4 of the interface names its values. */
export interface ExpectedRecord {
  readonly id: string;
  readonly app: string;
  readonly kind: 'build' | 'deploy';
  readonly pid: number;
  readonly started_at: string;
  readonly finished_at?: string;
  readonly status: 'running' | 'succeeded' | 'failed' | 'canceled';
  readonly source: string;
  readonly exit_code?: number;
}

/** Every byte of the record file, spelled out: order of the keys, indent, newline at the end. */
export function recordText(record: ExpectedRecord): string {
  const lines = [
    `  "id": "${record.id}"`,
    `  "app": "${record.app}"`,
    `  "kind": "${record.kind}"`,
    `  "pid": ${record.pid}`,
    `  "started_at": "${record.started_at}"`,
    ...(record.finished_at === undefined ? [] : [`  "finished_at": "${record.finished_at}"`]),
    `  "status": "${record.status}"`,
    `  "source": "${record.source}"`,
    ...(record.exit_code === undefined ? [] : [`  "exit_code": ${record.exit_code}`]),
  ];
  return `{\n${lines.join(',\n')}\n}\n`;
}

/** The keys of the record, in the order of the file. */
export function keysOf(record: ExpectedRecord): string[] {
  return Object.keys(JSON.parse(recordText(record)) as object);
}

/** A finished build on 30 April 2026 that began at the minute `minute` past 13:00 and took 74 seconds. */
export function finishedRecord(app: string, id: string, minute: number, rest: Partial<ExpectedRecord> = {}) {
  const started = Date.UTC(2026, 3, 30, 13, minute);
  const record: ExpectedRecord = {
    id,
    app,
    kind: 'build',
    pid: 4242,
    started_at: toWholeSeconds(started),
    finished_at: toWholeSeconds(started + 74_000),
    status: 'succeeded',
    source: 'git-hook',
    exit_code: 0,
    ...rest,
  };
  return record;
}

/** The same while it runs. */
export function runningRecord(
  app: string,
  id: string,
  minute: number,
  pid: number,
  rest: Partial<ExpectedRecord> = {},
) {
  const { finished_at: _, exit_code: __, ...begun } = finishedRecord(app, id, minute, { pid, status: 'running' });
  const record: ExpectedRecord = { ...begun, ...rest };
  return record;
}

/** Puts records where a stock Dokku leaves them, each with a log that says which build it is of. */
export function writeRecords(host: Sandbox, ...records: readonly ExpectedRecord[]): void {
  for (const record of records) {
    host.write(host.file(record.app, `${record.id}.json`), recordText(record));
    host.write(host.file(record.app, `${record.id}.log`), `output of ${record.id}\n`);
  }
}

/** A pid that no process has, nor will have while a spec runs: it is more than any. */
export const deadPid = 2 ** 22 + 1;

/** `2026-04-30T13:50:00Z` */
export function toWholeSeconds(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}

/** What the interface says a table looks like: columns padded with spaces, two between. */
export function table(...rows: readonly (readonly (string | number)[])[]): string {
  const cells = rows.map((row) => row.map(String));
  const widths = (cells[0] ?? []).map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  const lines = cells.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '));
  return lines.map((line) => `${line.trimEnd()}\n`).join('');
}
