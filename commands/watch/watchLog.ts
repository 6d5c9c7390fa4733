import { statSync } from 'node:fs';

import type { Host } from '../../host/dokku/environment';
import { printable, reasonOf } from '../../host/failure';
import { logPath } from '../../host/dokku/paths';
import { readTail } from '../../host/system/tail';
import { withoutAnsi } from '../../projections/page/ansi';
import type { WatchedBuild } from './watchBuilds';

const LOG_BYTES = 512 * 1024;
const LINE_BYTES = 4096;
const TAB = ' '.repeat(8);

/** The lines of a build's log, of a long one the end, safe to print. What cannot be read is said in place of them. */
export function readLogLines(host: Host, { app, seen }: WatchedBuild): string[] {
  try {
    const tail = readTail(logPath(host, app, seen.build.id), LOG_BYTES);
    if (tail === undefined) return [];
    const lines = safeLines(tail.text);
    return tail.before === 0 ? lines : [`(${tail.before} bytes before this are left out)`, ...lines];
  } catch (error) {
    return [printable(reasonOf(error))];
  }
}

/** Bytes of a build's log; 0 when there is none. */
export function logSize(host: Host, { app, seen }: WatchedBuild): number {
  try {
    return statSync(logPath(host, app, seen.build.id), { throwIfNoEntry: false })?.size ?? 0;
  } catch {
    return 0;
  }
}

/** The last line of a build's log that is not empty, safe to print; '' when there is none. */
export function readLastLine(host: Host, { app, seen }: WatchedBuild): string {
  try {
    const text = readTail(logPath(host, app, seen.build.id), LINE_BYTES)?.text ?? '';
    return (
      safeLines(text)
        .findLast((line) => line.trim() !== '')
        ?.trim() ?? ''
    );
  } catch {
    return '';
  }
}

function safeLines(text: string): string[] {
  if (text === '') return [];
  return withoutAnsi(text.replace(/\n$/, '')).replaceAll('\t', TAB).split('\n');
}
