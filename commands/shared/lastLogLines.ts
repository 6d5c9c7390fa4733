import type { Host } from '../../host/dokku/environment';
import type { AppName, BuildId } from '../../host/dokku/names';
import { logPath } from '../../host/dokku/paths';
import { readTail } from '../../host/files/tail';
import { readPrintedText } from '../../host/terminal/printed';

const LINES = 400;
const BYTES = 64 * 1024;

/** The last lines of a log, as a terminal shows them; none if there is no log, or none that can be read. */
export function lastLogLines(host: Host, app: AppName, build: BuildId): readonly string[] {
  try {
    const text = readTail(logPath(host, app, build), BYTES)?.text ?? '';
    return readPrintedText(text.replace(/\n$/, '').split('\n').slice(-LINES).join('\n'));
  } catch {
    return [];
  }
}
