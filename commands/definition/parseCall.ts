import { parseArguments, type Parsed, UnknownFlag } from './parseArguments';
import { requireApp } from '../../host/dokku/apps';
import type { Host } from '../../host/dokku/environment';
import { Failure, printable } from '../../host/failure';
import type { Output } from '../../host/terminal/output';
import {
  type AppArgument,
  type Argument,
  type Command,
  type CommandCall,
  type Flag,
  flagName,
  type ParseContext,
  type Via,
} from './command';

/** A command line, and how it was called. */
export interface CommandLine {
  /** The command's name without `builds:`. */
  readonly name: string;
  readonly host: Host;
  readonly output: Output;
  readonly words: readonly string[];
  readonly via: Via;
  /** ms since the epoch. */
  readonly now: number;
}

/**
 * Reads the words of a call as `command` defines them. Throws `Failure` for a flag that the command does not have, a
 * bad value, a surplus argument (stock commands pass over it with a warning), and an app that does not exist or that
 * the caller may not see.
 */
export function parseCall(command: Command, line: CommandLine): CommandCall {
  const { host, output, via, now } = line;
  const parsed = parseWords(command, line);
  const { rest, switches } = parsed;
  const entries = Object.entries(command.args);
  const takesRest = entries.some(([, { kind }]) => kind === 'rest');
  const positionals =
    takesRest && rest ? parsed.positionals.slice(0, parsed.positionals.length - rest.length) : parsed.positionals;
  const given = assign(entries, host, positionals, switches);
  ignoreSurplus(command, output, given.surplus);
  const flags = parseFlags(command, parsed, now);
  const args = Object.fromEntries(
    entries.map(([key, argument]) => [key, valueOf(argument, { name: key, now }, given.words, host, rest)]),
  );
  return { host, output, args, flags, via, now };
}

function parseWords(command: Command, { name, words, via }: CommandLine): Parsed {
  const known = Object.entries(command.flags).filter(([, flag]) => via === 'program' || !flag.programOnly);
  try {
    return parseArguments(words, Object.fromEntries(known.map(([key, { kind }]) => [flagName(key), kind])));
  } catch (error) {
    if (!(error instanceof UnknownFlag)) throw error;
    const isHidden = ([key, flag]: [string, Flag]): boolean =>
      flag.programOnly === true && `--${flagName(key)}` === error.flag;
    if (Object.entries(command.flags).some(isHidden))
      throw new ProgramOnly(`builds:${name} ${error.flag}`, `${name} ${error.flag}`);
    if (command.unknownFlag !== undefined) throw new Failure(command.unknownFlag(words), 1, error.mistyped);
    throw error;
  }
}

/** A command or flag that only the program on the host has was used through `dokku`. */
export class ProgramOnly extends Failure {
  /** `asked` is what was typed, such as `builds:page --out`; `instead` is what to type on the host. */
  constructor(asked: string, instead: string) {
    super(`${asked} is only for the program on the host itself: dokku-builds ${instead}`);
  }
}

/** The words of the call, by the names of the arguments. */
function assign(
  entries: readonly (readonly [string, Argument])[],
  host: Host,
  line: readonly string[],
  switches: ReadonlySet<string>,
): { words: ReadonlyMap<string, string | undefined>; surplus: readonly string[] } {
  const left = [...line];
  const words = new Map<string, string | undefined>();
  for (const [key, argument] of entries) {
    if (argument.kind === 'rest') continue;
    if (argument.kind === 'word') words.set(key, left.shift());
    else if (!standsInPlace(argument, switches)) words.set(key, takeApp(host, left));
  }
  return { words, surplus: left };
}

function standsInPlace({ unless }: AppArgument, switches: ReadonlySet<string>): boolean {
  return unless !== undefined && switches.has(unless);
}

/**
 * The first word, or `dokku --app NAME`. Dokku itself repeats that NAME as the first word, but for its core plugins
 * only.
 */
function takeApp(host: Host, left: string[]): string | undefined {
  if (host.appName === undefined || left[0] === host.appName) return left.shift();
  return host.appName;
}

function ignoreSurplus(command: Command, output: Output, surplus: readonly string[]): void {
  for (const word of surplus) {
    if (command.stock === undefined) throw new Failure(`Unexpected argument "${printable(word)}"`);
    output.warn(`Unexpected argument "${printable(word)}", ignored`);
  }
}

function parseFlags(command: Command, { switches, values, lists }: Parsed, now: number): CommandCall['flags'] {
  return Object.fromEntries(
    Object.entries(command.flags).map(([key, flag]) => {
      const name = flagName(key);
      if (flag.kind === 'switch') return [key, switches.has(name)];
      const given = flag.kind === 'list' ? lists[name] : values[name] === undefined ? undefined : [values[name]];
      return [key, given === undefined ? flag.absent : flag.parse(given, { name: `--${name}`, now })];
    }),
  );
}

function valueOf(
  argument: Argument,
  context: ParseContext,
  words: ReadonlyMap<string, string | undefined>,
  host: Host,
  rest: readonly string[] | undefined,
): unknown {
  const word = words.get(context.name);
  switch (argument.kind) {
    case 'rest':
      return rest ?? [];
    case 'word':
      return argument.parse(word, context);
    case 'app': {
      const isNone = !words.has(context.name) || (word === undefined && !argument.required);
      return isNone ? undefined : requireApp(host, word);
    }
  }
}
