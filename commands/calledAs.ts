import type { Via } from './definition/command';

/** What one call asks for, and how it was made. */
export type Called =
  /** A trigger, the plugin's `commands`, or what the executable starts by itself. */
  | { readonly type: 'internal'; readonly name: string; readonly args: readonly string[] }
  /** A command by its name without `builds:`; `typed` is the name as it was typed. */
  | {
      readonly type: 'command';
      readonly name: string;
      readonly typed: string;
      readonly args: readonly string[];
      readonly via: Via;
    };

/** The executable's own name: then the first argument says what is asked for. */
const OWN_NAME = 'dokku-builds';

/** The first argument when host/run.sh started the program: the path that the script was called by comes next. */
const CALLED_AS = '--as';

/**
 * The command or trigger that a call names. `argv0` is the path of the program that was called. Dokku runs
 * `subcommands/list builds:list ARGS`, plugn runs `builds-record-start ARGS`, people run `dokku-builds list ARGS`.
 * `isInternal` is true for names that are not commands.
 */
export function calledAs(argv0: string, argv: readonly string[], isInternal: (name: string) => boolean): Called {
  const { path, words } = enteredBy(argv0, argv);
  return calledBy(path, words, isInternal);
}

/** The path that a call was made by, and its words. */
export function enteredBy(argv0: string, argv: readonly string[]): { path: string; words: readonly string[] } {
  const [option, path = '', ...words] = argv;
  return option === CALLED_AS ? { path, words } : { path: argv0, words: argv };
}

function calledBy(path: string, argv: readonly string[], isInternal: (name: string) => boolean): Called {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const [first = '', ...others] = argv;
  if (name === OWN_NAME || isRuntime(name)) {
    if (isInternal(first)) return { type: 'internal', name: first, args: others };
    if (['--version', '-v', '-V'].includes(first))
      return { type: 'command', name: 'version', typed: first, args: [], via: 'program' };
    const asksForHelp = ['', 'builds', '-h', '--help'].includes(first);
    const asked = asksForHelp ? 'help' : withoutPrefix(first);
    return { type: 'command', name: asked, typed: first, args: others, via: 'program' };
  }
  if (isInternal(name)) return { type: 'internal', name, args: argv };
  const repeatsName = first !== name && withoutPrefix(first) === name;
  return { type: 'command', name, typed: name, args: repeatsName ? others : argv, via: 'plugin' };
}

/** Specs run the program on Node. */
function isRuntime(name: string): boolean {
  return name === 'node' || name === 'bun';
}

function withoutPrefix(command: string): string {
  return command.replace(/^builds(-journal)?:/, '');
}
