import { readFileSync } from 'node:fs';

import type { Call } from '../host/call';
import { pluginName } from '../host/alongside';
import type { Host } from '../host/environment';
import { alongsideCommands } from './alongside';
import { type CommandEntry, commandTable } from './commandTable';

const SUMMARY = 'Manage running and historical builds';
const ALONGSIDE_SUMMARY = 'Read the journal of builds that the stock plugin keeps no history of';

/**
 * The plugin's `commands`: `builds` and `builds:help` explain it, `help` gives its line, or with `--all` one for each command.
 * What is not its own is left to other plugins, by Dokku's exit status for that.
 */
export function commands({ host, output, args }: Call): number | undefined {
  const plugin = pluginName(host);
  switch (args[0] ?? '') {
    case plugin:
    case `${plugin}:help`:
      output.raw(helpText(host));
      return 0;
    case 'help':
      if (args.includes('--all') || parentAskedForAll()) for (const line of commandLines(host)) output.line(line);
      else output.raw(`\n    ${plugin}, ${host.alongside ? ALONGSIDE_SUMMARY : SUMMARY}\n`);
      return 0;
    default:
      return host.notImplementedExit;
  }
}

function helpText(host: Host): string {
  const plugin = pluginName(host);
  const lines = offered(host).flatMap(({ name, args, description }) => [
    `    ${plugin}:${name} ${args}`,
    `        ${description}`,
  ]);
  const summary = host.alongside ? ALONGSIDE_SUMMARY : SUMMARY;
  return [`Usage: dokku ${plugin}[:COMMAND]`, '', `${summary}.`, '', 'Commands:', ...lines, ''].join('\n');
}

function commandLines(host: Host): string[] {
  const plugin = pluginName(host);
  return offered(host).map(({ name, args, description }) => `    ${plugin}:${name} ${args}, ${description}`);
}

function offered(host: Host): readonly CommandEntry[] {
  return commandTable.filter(({ name }) => !host.alongside || alongsideCommands.has(name));
}

/** `dokku help --all` calls `commands help`; only the command line of the parent process tells. */
function parentAskedForAll(): boolean {
  try {
    return readFileSync(`/proc/${process.ppid}/cmdline`, 'utf8').split('\0').includes('--all');
  } catch {
    return false;
  }
}
