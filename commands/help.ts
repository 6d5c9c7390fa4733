import { readFileSync } from 'node:fs';

import type { Call } from '../host/call';
import { pluginName } from '../host/dokku/alongside';
import type { Host } from '../host/dokku/environment';
import { Failure, printable } from '../host/failure';
import { nearest } from '../host/nearest';
import { alongsideCommands } from './shared/alongsideCommands';
import { commandTable, type ExplainedCommand } from './commandTable';

const SUMMARY = 'Manage running and historical builds';
const ALONGSIDE_SUMMARY = 'Read the journal of builds that the stock plugin keeps no history of';

/**
 * The plugin's `commands`: `builds` and `builds:help` explain it, `builds:help <command>` one command, `help` gives its line, or with
 * `--all` one for each command. What looks like a mistyped command of it is told so; anything else is left to other plugins, by Dokku's
 * exit status for that.
 */
export function commands({ host, output, args }: Call): number | undefined {
  const plugin = pluginName(host);
  const name = args[0] ?? '';
  switch (name) {
    case plugin:
    case `${plugin}:help`:
      output.raw(args[1] === undefined || args[1] === '--help' ? helpText(host) : textOf(host, args[1]));
      return 0;
    case 'help':
      if (args.includes('--all') || parentAskedForAll()) for (const line of commandLines(host)) output.line(line);
      else output.raw(`\n    ${plugin}, ${host.alongside ? ALONGSIDE_SUMMARY : SUMMARY}\n`);
      return 0;
    default: {
      const meant = name.startsWith(`${plugin}:`) ? nearestCommand(host, name) : undefined;
      if (meant === undefined) return host.notImplementedExit;
      throw notACommand(host, name, meant);
    }
  }
}

/** `builds:<command> --help`; the command is the first argument. */
export function commandHelp({ host, output, args }: Call): undefined {
  output.raw(textOf(host, args[0] ?? ''));
}

function helpText(host: Host): string {
  const plugin = pluginName(host);
  const lines = offered(host).flatMap(({ name, args, description }) => [
    `    ${plugin}:${name} ${args}`,
    `        ${description}`,
  ]);
  const summary = host.alongside ? ALONGSIDE_SUMMARY : SUMMARY;
  const more = `Each with its flags and an example: dokku ${plugin}:help <command>`;
  return [`Usage: dokku ${plugin}[:COMMAND]`, '', `${summary}.`, '', 'Commands:', ...lines, '', more, ''].join('\n');
}

/** Usage, description, every argument and flag, and an example, of the command `asked`, with or without `builds:`. */
function textOf(host: Host, asked: string): string {
  const plugin = pluginName(host);
  const name = asked.startsWith(`${plugin}:`) ? asked.slice(plugin.length + 1) : asked;
  const entry = offered(host).find((one) => one.name === name);
  if (entry === undefined) throw notACommand(host, `${plugin}:${name}`, nearestCommand(host, `${plugin}:${name}`));
  const { args, description, flags, example } = entry;
  const width = Math.max(...Object.keys(flags).map((flag) => flag.length));
  const lines = Object.entries(flags).map(([flag, says]) => `    ${flag.padEnd(width)}  ${says}`);
  return [
    `Usage: dokku ${plugin}:${name} ${args}`,
    '',
    `${description}.`,
    '',
    ...lines,
    '',
    'Example:',
    `    dokku ${plugin}:${name} ${example}`,
    '',
  ].join('\n');
}

function nearestCommand(host: Host, name: string): string | undefined {
  const known = [...offered(host).map((one) => one.name), 'help'];
  return nearest(
    name,
    known.map((one) => `${pluginName(host)}:${one}`),
  );
}

function notACommand(host: Host, name: string, meant: string | undefined): Failure {
  const hint = meant === undefined ? `see ${pluginName(host)}:help` : `did you mean ${meant}?`;
  return new Failure(`\`${printable(name)}\` is not a ${pluginName(host)} command, ${hint}`);
}

function commandLines(host: Host): string[] {
  const plugin = pluginName(host);
  return offered(host).map(({ name, args, description }) => `    ${plugin}:${name} ${args}, ${description}`);
}

function offered(host: Host): readonly ExplainedCommand[] {
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
