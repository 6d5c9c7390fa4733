import { statSync } from 'node:fs';

import type { Host } from '../../host/dokku/environment';
import { logPath } from '../../host/dokku/paths';
import { reasonOf } from '../../host/failure';
import { printable } from '../../host/printable';
import { readTail } from '../../host/files/tail';
import { type PrintedLine, readPrinted, readPrintedText } from '../../host/terminal/printed';
import type { WatchedBuild } from './watchBuilds';

const LOG_BYTES = 256 * 1024;
const LAST_LINE_BYTES = 8192;

/** The lines of a build's log, those at the end of a long one. Of a log that cannot be read, a line that says why. */
export function readLogLines(host: Host, { app, shown }: WatchedBuild): readonly PrintedLine[] {
  if (shown.build.logPruned) return [note('(the log was pruned by log-retention)')];
  try {
    const tail = readTail(logPath(host, app, shown.build.id), LOG_BYTES);
    if (tail === undefined) return [];
    const lines = readPrinted(tail.text);
    return tail.before === 0 ? lines : [note(`(${tail.before} bytes before this are left out)`), ...lines];
  } catch (error) {
    return [note(printable(reasonOf(error)))];
  }
}

/** Bytes of a build's log; 0 when there is none. */
export function logSize(host: Host, { app, shown }: WatchedBuild): number {
  try {
    return statSync(logPath(host, app, shown.build.id), { throwIfNoEntry: false })?.size ?? 0;
  } catch {
    return 0;
  }
}

/** The last line of a build's log that is not empty; '' when there is none. */
export function readLastLine(host: Host, { app, shown }: WatchedBuild): string {
  try {
    const text = readTail(logPath(host, app, shown.build.id), LAST_LINE_BYTES)?.text ?? '';
    return (
      readPrintedText(text)
        .findLast((line) => line.trim() !== '')
        ?.trim() ?? ''
    );
  } catch {
    return '';
  }
}

function note(text: string): PrintedLine {
  return [{ text, style: { dim: true } }];
}
