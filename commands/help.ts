import { readFileSync } from 'node:fs';

import type { Call } from '../host/call';
import { pluginName } from '../host/plugin/alongside';
import type { Host } from '../host/dokku/environment';
import { ownTree, readVersion } from '../host/plugin/pluginTree';
import { Failure, printable } from '../host/failure';
import { nearest } from '../host/nearest';
import type { Output } from '../host/terminal/output';
import { readTerminal } from '../host/terminal/terminal';
import { wrapBehind, wrapText } from '../host/terminal/table/wrap';
import type { Via } from './definition/command';
import { detailsOf, usageOf } from './definition/usage';
import { loadCommands, type NamedCommand } from './programs';

const SUMMARY = 'Manage running and historical builds';
const ALONGSIDE_SUMMARY = 'Read the journal of builds that the stock plugin keeps no history of';

/**
 * The plugin's `commands`: `builds` and `builds:help` explain the plugin, `builds:help <command>` one command. `help`
 * gives the plugin's line, with `--all` one line for each command. What looks like a mistyped command of the plugin is
 * an error; everything else is left to other plugins, by Dokku's exit status for that.
 */
export async function commands({ host, output, args }: Call): Promise<number> {
  const plugin = pluginName(host);
  const name = args[0] ?? '';
  switch (name) {
    case plugin:
    case `${plugin}:help`:
      await printHelp(host, output, 'plugin', askedFor(args.slice(1)));
      return 0;
    case 'help':
      if (args.includes('--all') || parentAskedForAll()) for (const line of await commandLines(host)) output.line(line);
      else output.raw(`\n    ${plugin}, ${summary(host)}\n`);
      return 0;
    default: {
      if (!name.startsWith(`${plugin}:`)) return host.notImplementedExit;
      const failure = await unknownCommand(host, 'plugin', name.slice(plugin.length + 1));
      if (!failure.isNear) return host.notImplementedExit;
      throw failure;
    }
  }
}

/** The command whose help is asked for by the words behind `help`; undefined: all of it. */
export function askedFor(words: readonly string[]): string | undefined {
  return words.find((word) => !['--help', '-h', 'help', 'version'].includes(word));
}

/** Prints the help of the command `asked`, with or without `builds:`; of all commands when none is asked for. */
export async function printHelp(host: Host, output: Output, via: Via, asked: string | undefined): Promise<void> {
  const columns = (output.isTerminal ? readTerminal(process.env, { colour: false }).columns : undefined) ?? UNLIMITED;
  output.raw(asked === undefined ? await helpText(host, via, columns) : await commandHelp(host, via, asked, columns));
}

/** Columns if stdout is not a terminal. */
const UNLIMITED = Number.POSITIVE_INFINITY;

/** Prints the version of the plugin tree that this program is part of. */
export function printVersion(output: Output): undefined {
  output.line(`dokku-builds ${readVersion(ownTree()) ?? 'of an unknown version'}`);
}

function summary(host: Host): string {
  return host.alongside ? ALONGSIDE_SUMMARY : SUMMARY;
}

/** What is typed before the name of a command. */
function prefixOf(host: Host, via: Via): string {
  return via === 'program' ? 'dokku-builds ' : `dokku ${pluginName(host)}:`;
}

async function helpText(host: Host, via: Via, columns: number): Promise<string> {
  const prefix = prefixOf(host, via);
  const isProgram = via === 'program';
  const lines = (await offered(host, via)).flatMap(({ name, command }) => [
    ...wrapBehind(`    ${isProgram ? '' : `${pluginName(host)}:`}${name} `, usageOf(command, isProgram), columns),
    ...wrapBehind(COMMAND_INDENT, command.description, columns),
  ]);
  const usage = isProgram ? 'dokku-builds COMMAND' : `dokku ${pluginName(host)}[:COMMAND]`;
  const more = wrapText(`Each with its flags and an example: ${prefix}help <command>`, columns);
  const about = wrapText(`${summary(host)}.`, columns);
  return [`Usage: ${usage}`, '', ...about, '', 'Commands:', ...lines, '', ...more, ''].join('\n');
}

const COMMAND_INDENT = ' '.repeat(8);

/** Usage, description, every argument and flag, and an example. */
async function commandHelp(host: Host, via: Via, asked: string, columns: number): Promise<string> {
  const name = asked.replace(new RegExp(`^${pluginName(host)}:`), '');
  const entry = (await offered(host, via)).find((one) => one.name === name);
  if (entry === undefined) throw await unknownCommand(host, via, name, asked);
  const { command } = entry;
  const isProgram = via === 'program';
  const called = `${prefixOf(host, via)}${isProgram ? asked : name}`;
  const details = detailsOf(command, isProgram);
  const width = Math.max(0, ...details.map(([shown]) => shown.length));
  const lines = details.flatMap(([shown, help]) => wrapBehind(`    ${shown.padEnd(width)}  `, help, columns));
  return [
    ...wrapBehind(`Usage: ${called} `, usageOf(command, isProgram), columns),
    '',
    ...wrapText(`${command.description}.`, columns),
    '',
    ...(lines.length === 0 ? [] : [...lines, '']),
    ...(command.more === undefined ? [] : [...command.more.flatMap((line) => wrapText(line, columns)), '']),
    'Example:',
    `    ${called} ${command.example}`.trimEnd(),
    '',
  ].join('\n');
}

/** The error for a name that is not a command. */
class UnknownCommand extends Failure {
  /** True if a command has a similar name. */
  readonly isNear: boolean;

  constructor(message: string, isNear: boolean) {
    super(message);
    this.isNear = isNear;
  }
}

/** The error for the command `name` (without `builds:`), which the caller does not have, and `typed`. */
export async function unknownCommand(host: Host, via: Via, name: string, typed = name): Promise<UnknownCommand> {
  const all = await loadCommands();
  const prefix = via === 'program' ? '' : `${pluginName(host)}:`;
  const known = all.find((one) => one.name === name);
  if (known?.command.programOnly) {
    return new UnknownCommand(
      `${prefix}${name} is only for the program on the host itself: dokku-builds ${name}`,
      true,
    );
  }
  const candidates = [...(await offered(host, via)).map((one) => one.name), 'help'];
  const meant = nearest(
    `${prefix}${name}`,
    candidates.map((one) => `${prefix}${one}`),
  );
  const whose = via === 'program' ? 'dokku-builds' : pluginName(host);
  const help = via === 'program' ? 'dokku-builds help' : `${pluginName(host)}:help`;
  const more = meant === undefined ? `see ${help}` : `did you mean ${meant}?`;
  return new UnknownCommand(
    `\`${printable(via === 'program' ? typed : `${prefix}${name}`)}\` is not a ${whose} command, ${more}`,
    meant !== undefined,
  );
}

async function commandLines(host: Host): Promise<string[]> {
  const plugin = pluginName(host);
  return (await offered(host, 'plugin')).map(
    ({ name, command }) => `    ${plugin}:${name} ${usageOf(command, false)}, ${command.description}`,
  );
}

/** The commands that a caller can use. */
async function offered(host: Host, via: Via): Promise<NamedCommand[]> {
  return (await loadCommands()).filter(({ name, command }) => {
    if (command.programOnly && via === 'plugin') return false;
    return !host.alongside || command.alongside === true || name.startsWith('host:');
  });
}

/**
 * Whether `dokku help --all` was called. Dokku calls `commands help` for it, so only the command line of the parent
 * process shows that.
 */
function parentAskedForAll(): boolean {
  try {
    return readFileSync(`/proc/${process.ppid}/cmdline`, 'utf8').split('\0').includes('--all');
  } catch {
    return false;
  }
}
