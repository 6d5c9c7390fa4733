import type { NamedCommand } from '../programs';
import type { AppArgument, Command, Flag, Via, WordArgument } from './command';
import { flagsOf } from './usage';

/** Names that only the host knows. */
export interface Known {
  apps(): readonly string[];
  /** The builds of an app that are on record, newest first. */
  builds(app: string): readonly string[];
}

/** Stands for any file: shells complete file names themselves. */
export const FILES = '<file>';

/** A whole word, and its help. */
export type Completion = readonly [word: string, help: string];

/**
 * The completions of the last of `words`, which may be empty. `words` are the arguments of `dokku-builds` or of
 * `dokku`. There are no completions for commands of other plugins.
 */
export function completionsOf(
  commands: readonly NamedCommand[],
  via: Via,
  words: readonly string[],
  known: Known,
): Completion[] {
  const offered = commands.filter(({ command }) => via === 'program' || !command.programOnly);
  const current = words.at(-1) ?? '';
  const all = words.length < 2 ? commandNames(offered, via, current) : ofCommand(offered, via, words, current, known);
  return all.filter(([word]) => word === FILES || word.startsWith(current));
}

function commandNames(commands: readonly NamedCommand[], via: Via, current: string): Completion[] {
  const prefix = via === 'plugin' || current.startsWith('builds:') ? 'builds:' : '';
  const named = commands.map(({ name, command }): Completion => [`${prefix}${name}`, command.description]);
  return [...named, [`${prefix}help`, 'Show the commands or one of them']];
}

function ofCommand(
  commands: readonly NamedCommand[],
  via: Via,
  [first, ...words]: readonly string[],
  current: string,
  known: Known,
): Completion[] {
  const name = first?.replace(/^builds:/, '');
  const before = words.slice(0, -1);
  if (name === 'help') return before.length === 0 ? commandNames(commands, 'program', current).slice(0, -1) : [];
  const command = commands.find((one) => one.name === name)?.command;
  if (command === undefined || before.includes('--')) return [];
  const flags = new Map(flagsOf(command, via === 'program').map(([flag, definition]) => [`--${flag}`, definition]));
  const given = readWords(command, flags, before);
  const [flag, value] =
    current.startsWith('--') && current.includes('=') ? split(current) : [given.open ?? '', current];
  const definition = flags.get(flag);
  if (definition !== undefined) {
    const prefix = flag === given.open ? '' : `${flag}=`;
    return valuesOf(definition, value, given.app, known).map(([word, help]) => [
      word === FILES ? FILES : `${prefix}${word}`,
      help,
    ]);
  }
  if (current.startsWith('-')) {
    return [...flags]
      .filter(([one, { kind }]) => kind === 'list' || !given.flags.includes(one))
      .map(([one, { help }]) => [one, help]);
  }
  return argumentsOf(Object.values(command.args)[given.words.length], current, given, known);
}

function split(word: string): [string, string] {
  const equals = word.indexOf('=');
  return [word.slice(0, equals), word.slice(equals + 1)];
}

interface Given {
  readonly flags: readonly string[];
  /** The arguments. A switch that was given instead of an app counts as one. */
  readonly words: readonly string[];
  readonly app: string;
  /** The flag that waits for its value. */
  readonly open: string | undefined;
}

function readWords(command: Command, flags: ReadonlyMap<string, Flag>, before: readonly string[]): Given {
  const instead = Object.values(command.args).map((one) => (one.kind === 'app' ? `--${one.unless ?? ''}` : ''));
  const given: { flags: string[]; words: string[]; open: string | undefined } = {
    flags: [],
    words: [],
    open: undefined,
  };
  for (const word of before) {
    if (given.open !== undefined) {
      given.open = undefined;
    } else if (word.startsWith('-')) {
      const [name] = word.includes('=') ? split(word) : [word];
      given.flags.push(name);
      if (instead.includes(word)) given.words.push(word);
      const kind = flags.get(name)?.kind;
      if (kind !== undefined && kind !== 'switch' && !word.includes('=')) given.open = name;
    } else {
      given.words.push(word);
    }
  }
  return { ...given, app: given.words[0] ?? '' };
}

/** Completions of the value of a flag. Of a list, only the part behind the last comma is completed. */
function valuesOf(flag: Flag, value: string, app: string, known: Known): Completion[] {
  if (flag.kind === 'switch') return [];
  if (flag.completes === 'build') return builds(app, known);
  if (flag.completes === 'file') return [[FILES, flag.help]];
  const choices = flag.choices ?? [];
  return (flag.kind === 'list' ? behindComma(value, choices) : choices).map((choice) => [choice, flag.help]);
}

/** `choices` as the next of the values in `text`, which are separated by commas. */
function behindComma(text: string, choices: readonly string[]): string[] {
  return choices.map((choice) => `${text.slice(0, text.lastIndexOf(',') + 1)}${choice}`);
}

function argumentsOf(
  argument: Command['args'][string] | undefined,
  current: string,
  given: Given,
  known: Known,
): Completion[] {
  switch (argument?.kind) {
    case 'app':
      return [...known.apps().map((name): Completion => [name, 'app']), ...insteadOf(argument)];
    case 'word':
      return wordsOf(argument, current, given, known);
    case 'rest':
    case undefined:
      return [];
  }
}

function insteadOf({ unless }: AppArgument): Completion[] {
  return unless === undefined ? [] : [[`--${unless}`, 'instead of an app']];
}

function wordsOf(
  { choices, choicesAfter, completes }: WordArgument<unknown>,
  current: string,
  { app, words }: Given,
  known: Known,
): Completion[] {
  if (completes === 'build') return builds(app, known);
  if (choicesAfter === undefined) return Object.entries(choices ?? {});
  return behindComma(current, choicesAfter(words.at(-1) ?? '')).map((word) => [word, 'value']);
}

const NICKNAMES: readonly Completion[] = [
  ['last', 'the newest build'],
  ['last-failed', 'the newest build that failed'],
  ['current', 'the build that holds the deploy lock'],
];

function builds(app: string, known: Known): Completion[] {
  return [...NICKNAMES, ...known.builds(app).map((id): Completion => [id, 'build'])];
}
