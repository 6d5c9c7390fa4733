import { readFileSync } from 'node:fs';

import type { Call } from '../host/call';
import { formatTable } from '../host/table';
import { commandTable } from './commandTable';

const SUMMARY = 'Manage running and historical builds';

/**
 * The plugin's `commands`: `builds` and `builds:help` explain it, `help` gives its line, or with `--all` one for each command.
 * What is not its own is left to other plugins, by Dokku's exit status for that.
 */
export function commands({ host, output, args }: Call): number | undefined {
  switch (args[0] ?? '') {
    case 'builds':
    case 'builds:help':
      output.raw(helpText());
      return 0;
    case 'help':
      if (args.includes('--all') || parentAskedForAll()) for (const line of commandLines()) output.line(line);
      else output.raw(`\n    builds, ${SUMMARY}\n`);
      return 0;
    default:
      return host.notImplementedExit;
  }
}

function helpText(): string {
  const rows = commandTable.map(({ name, args, description }) => [`    builds:${name} ${args}`, description]);
  const [, ...lines] = formatTable(['', ''], rows).split('\n');
  return ['Usage: dokku builds[:COMMAND]', '', `${SUMMARY}.`, '', 'Commands:', ...lines].join('\n');
}

function commandLines(): string[] {
  return commandTable.map(({ name, args, description }) => `    builds:${name} ${args}, ${description}`);
}

/** `dokku help --all` calls `commands help`; only the command line of the parent process tells. */
function parentAskedForAll(): boolean {
  try {
    return readFileSync(`/proc/${process.ppid}/cmdline`, 'utf8').split('\0').includes('--all');
  } catch {
    return false;
  }
}
