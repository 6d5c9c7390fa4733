import { type Argument, type Command, type Flag, flagName } from './command';
import { aliasOf } from './parseArguments';

/*
 * Usage, arguments and flags of a command, made from its definition for the help, the completion and the manual page.
 */

/**
 * The flags that a caller can use, by their names without dashes. Flags of the program on the host are not for
 * `dokku`.
 */
export function flagsOf({ flags }: Command, isProgram: boolean): [name: string, flag: Flag][] {
  return Object.entries(flags)
    .filter(([, flag]) => isProgram || !flag.programOnly)
    .map(([key, flag]) => [flagName(key), flag]);
}

/** The usage without the command's name: `[<app>] [--format json|stdout] [--all]`. */
export function usageOf(command: Command, isProgram: boolean): string {
  const args = Object.values(command.args);
  const instead = args.map((argument) => (argument.kind === 'app' ? argument.unless : undefined));
  const flags = flagsOf(command, isProgram).filter(([name]) => !instead.includes(name));
  return [
    ...args.filter(({ kind }) => kind !== 'rest').map(argumentUsage),
    ...new Set(flags.map(([name, flag]) => `[${shownFlag(name, flag)}]`)),
    ...args.filter(({ kind }) => kind === 'rest').map(argumentUsage),
  ].join(' ');
}

function argumentUsage(argument: Argument): string {
  if (argument.kind === 'rest') return `-- ${argument.shown}`;
  const shown = shownArgument(argument);
  return argument.required ? shown : `[${shown}]`;
}

function shownArgument(argument: Argument): string {
  if (argument.kind !== 'app') return argument.shown;
  return argument.unless === undefined ? '<app>' : `<app>|--${argument.unless}`;
}

function shownFlag(name: string, flag: Flag): string {
  if (flag.group !== undefined) return flag.group.shown;
  return flag.kind === 'switch' ? `--${name}` : `--${name} ${flag.shown}`;
}

/** `, -n`, for the details; '' if there is none. */
function otherName(name: string, flag: Flag): string {
  const alias = aliasOf(name);
  if (alias === undefined || flag.group !== undefined) return '';
  return alias === '--json' && flag.kind !== 'switch' && !flag.choices?.includes('json') ? '' : `, ${alias}`;
}

/** Every argument and flag with its help, in the order of the usage. */
export function detailsOf(command: Command, isProgram: boolean): [shown: string, help: string][] {
  const args = Object.values(command.args).flatMap((argument): [string, string][] => {
    if (argument.kind === 'app') return [['<app>', argument.help]];
    const { shown, help } = argument;
    return 'choices' in argument ? Object.entries(argument.choices) : [[shown, help]];
  });
  const flags = flagsOf(command, isProgram).map(([name, flag]): [string, string] => [
    shownFlag(name, flag) + otherName(name, flag),
    flag.group?.help ?? flag.help,
  ]);
  return [...new Map([...args, ...flags])];
}
