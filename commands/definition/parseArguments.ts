import { Failure, printable } from '../../host/failure';

/**
 * The flags a command knows, by name without dashes: whether each takes no value, one, or may be given more than once.
 */
export type FlagKinds = Readonly<Record<string, FlagKind>>;

type FlagKind = 'switch' | 'value' | 'list';

/** A command line, taken apart. Flag names are without dashes. */
export interface Parsed {
  /** The words that are not flags, in order, including those behind `--`. */
  readonly positionals: string[];
  /** The words behind `--`; undefined if there is no `--`. */
  readonly rest: string[] | undefined;
  /** Value of each value flag that was given; it may be ''. */
  readonly values: Record<string, string>;
  /** Values of each list flag that was given, in order. */
  readonly lists: Record<string, string[]>;
  /** The switches that were given. */
  readonly switches: Set<string>;
}

/**
 * Takes the arguments of a command apart: `--kind build` and `--kind=build`, before or after the positionals; `--`
 * ends flags, a lone `-` is a positional, and a value may be a negative number. Throws {@link Failure} for an unknown
 * flag, for a value that is missing, and for a value too many.
 *
 * No library does this, because the contract defines the messages. In strict mode, parseArgs of node:util refuses
 * `--parallel -1`; otherwise it takes `--format` as the value in `--kind --format json`. citty and cac print their own
 * messages and exit.
 */
export function parseArguments(args: readonly string[], flags: FlagKinds): Parsed {
  const terminator = args.indexOf('--');
  const end = terminator < 0 ? args.length : terminator;
  const rest = terminator < 0 ? undefined : args.slice(end + 1);
  const positionals: string[] = [];
  const values: Record<string, string> = {};
  const lists: Record<string, string[]> = {};
  const switches = new Set<string>();

  for (let i = 0; i < end; i++) {
    const arg = args[i] ?? '';
    if (!isFlag(arg)) {
      positionals.push(arg);
      continue;
    }
    const { name, kind, value } = readFlag(arg, flags);
    if (kind === 'switch') {
      if (value !== undefined) throw new Failure(`Flag --${name} takes no value`);
      switches.add(name);
    } else if (kind === 'list') {
      (lists[name] ??= []).push(value ?? valueOf(name, args[++i]));
    } else {
      if (Object.hasOwn(values, name)) throw new Failure(`Flag --${name} was given more than once`);
      values[name] = value ?? valueOf(name, args[++i]); // a `--` is not a value either
    }
  }
  return { positionals: positionals.concat(rest ?? []), rest, values, lists, switches };
}

function isFlag(arg: string): boolean {
  return arg.startsWith('-') && arg !== '-' && !/^-\d/.test(arg); // a negative number is a value
}

interface Flag {
  readonly name: string;
  readonly kind: FlagKind;
  /** The text behind `=`, or the number behind a letter; undefined if the value is a word of its own. */
  readonly value: string | undefined;
}

function readFlag(arg: string, flags: FlagKinds): Flag {
  const [, flag = arg, value] = WITH_VALUE.exec(arg) ?? WITH_NUMBER.exec(arg) ?? [];
  const name = flag.slice(2);
  const kind = flag.startsWith('--') && Object.hasOwn(flags, name) ? flags[name] : undefined;
  if (kind !== undefined) return { name, kind, value };
  const meant = ALIASES.find((alias) => alias.alias === flag && Object.hasOwn(flags, alias.name));
  const meantKind = flags[meant?.name ?? ''];
  if (meant === undefined || meantKind === undefined) throw new UnknownFlag(flag, flags);
  if (meant.value !== undefined && value !== undefined) throw new Failure(`Flag ${flag} takes no value`);
  return { name: meant.name, kind: meantKind, value: meant.value ?? value };
}

const WITH_VALUE = /^([^=]*)=(.*)$/s; // --limit=5
const WITH_NUMBER = /^(-[a-z])(\d+)$/; // -n5

/** Other names of flags, that people know from other programs. An alias with a `value` takes none. */
const ALIASES: readonly { readonly alias: string; readonly name: string; readonly value?: string }[] = [
  { alias: '-n', name: 'limit' },
  { alias: '-n', name: 'tail' },
  { alias: '-f', name: 'follow' },
  { alias: '--json', name: 'format', value: 'json' },
];

/** The other name of the flag `name`, such as `-n` for `limit`. */
export function aliasOf(name: string): string | undefined {
  return ALIASES.find((alias) => alias.name === name)?.alias;
}

function valueOf(name: string, next: string | undefined): string {
  if (next === undefined || isFlag(next)) throw new Failure(`Flag --${name} needs a value`);
  return next;
}

/** A flag that the command does not have. */
export class UnknownFlag extends Failure {
  /** As it was given: `--frmat`. */
  readonly flag: string;

  constructor(flag: string, flags: FlagKinds) {
    const valid = Object.keys(flags)
      .sort()
      .map((name) => `--${name}`);
    const hint = valid.length === 0 ? '' : ` (valid flags: ${valid.join(', ')})`;
    super(`Unknown flag "${printable(flag)}"${hint}`, 1, { given: flag, known: valid });
    this.flag = flag;
  }
}
