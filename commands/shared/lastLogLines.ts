import type { Host } from '../../host/dokku/environment';
import type { AppName, BuildId } from '../../host/dokku/names';
import { logPath } from '../../host/dokku/paths';
import { readLastLines } from '../../host/system/lastLines';
import { readPrintedText } from '../../host/terminal/printed';

const LINES = 400;

/** The last lines of a log, as a terminal shows them; none if there is no log. */
export function lastLogLines(host: Host, app: AppName, build: BuildId): readonly string[] {
  return readPrintedText((readLastLines(logPath(host, app, build), LINES)?.lines ?? []).join('\n'));
}
