import type { Host } from '../../host/dokku/environment';
import type { AppName } from '../../host/dokku/names';
import type { Output } from '../../host/terminal/output';

/*
 * A command is one object in one file: its description, arguments, flags, an example and `run`. Its parsing, usage
 * errors and help, the completion, the manual page and the links of the plugin tree are made from that object.
 */

/**
 * How a command was called: `plugin` by `dokku builds:list`, perhaps over ssh; `program` by `dokku-builds list` on the
 * host itself.
 */
export type Via = 'plugin' | 'program';

/** What is known when a flag or an argument is parsed. */
export interface ParseContext {
  /** The name of the flag or argument as messages show it: `--as-of`. */
  readonly name: string;
  /** The time of the call, ms since the epoch. */
  readonly now: number;
}

interface AnyFlag {
  /** One line for the help. */
  readonly help: string;
  /** Only the program on the host takes it, not the plugin, because it names a file of the caller's choice. */
  readonly programOnly?: true;
  /** Flags of one group are one item in the usage, the help and the manual page. */
  readonly group?: { readonly shown: string; readonly help: string };
}

/** A flag without a value. */
export interface Switch extends AnyFlag {
  readonly kind: 'switch';
}

/** A flag with a value, read into a `T`. */
export interface Valued<T> extends AnyFlag {
  readonly kind: 'value' | 'list';
  /** The placeholder for the value in the usage: `N`, `json|stdout`, `<when>`. */
  readonly shown: string;
  /** The possible values, if they are a few words; for completion. */
  readonly choices?: readonly string[] | undefined;
  /** What the completion lists instead of fixed words. */
  readonly completes?: 'build' | 'file';
  /** What `run` gets when the flag is not given. */
  readonly absent: T;
  /** Reads the values that were given: exactly one, or for a list one or more. Throws `Failure`. */
  parse(values: readonly string[], context: ParseContext): T;
}

export type Flag = Switch | Valued<unknown>;

/**
 * The app that a command is about: the first argument, `dokku --app NAME`, or `$DOKKU_APP_NAME`. It exists, and the
 * caller may see it.
 */
export interface AppArgument {
  readonly kind: 'app';
  /** A call without it fails. */
  readonly required: boolean;
  /** The switch that can be given instead of an app, without dashes: `all-apps`. */
  readonly unless?: string;
  readonly help: string;
}

/** An app that every call has. */
export interface RequiredApp extends AppArgument {
  readonly required: true;
  readonly unless?: never;
}

/** Any other argument, read into a `T`. */
export interface WordArgument<T> {
  readonly kind: 'word';
  readonly required: boolean;
  /** The placeholder for it in the usage: `<build-id>`. */
  readonly shown: string;
  readonly help: string;
  /** The possible values, if they are a few words, each with its help. */
  readonly choices?: Readonly<Record<string, string>>;
  /** The same if they depend on the word before. Several of them may be separated by commas. */
  readonly choicesAfter?: (before: string) => readonly string[];
  readonly completes?: 'build';
  /** Reads the word; undefined when it is not given. Throws `Failure`. */
  parse(word: string | undefined, context: ParseContext): T;
}

/** All words that follow `--`. */
interface RestArgument {
  readonly kind: 'rest';
  readonly shown: string;
  readonly help: string;
}

export type Argument = AppArgument | WordArgument<unknown> | RestArgument;

/** The arguments of a command by their names, in order; a {@link RestArgument} comes last. */
export type Arguments = Readonly<Record<string, Argument>>;

/** The flags of a command. `asOf` is the flag `--as-of`. */
export type Flags = Readonly<Record<string, Flag>>;

type ValueOf<T> = T extends Switch
  ? boolean
  : T extends Valued<infer V>
    ? V
    : T extends AppArgument
      ? T extends RequiredApp
        ? AppName
        : AppName | undefined
      : T extends WordArgument<infer V>
        ? V
        : string[];

export type ValuesOf<T> = { readonly [K in keyof T]: ValueOf<T[K]> };

/** One call of a command, its arguments and flags already read. */
export interface CommandCall<A extends Arguments = Arguments, F extends Flags = Flags> {
  readonly host: Host;
  readonly output: Output;
  readonly args: ValuesOf<A>;
  readonly flags: ValuesOf<F>;
  readonly via: Via;
  /** The time of the call, ms since the epoch. */
  readonly now: number;
}

/** What `run` returns: the exit status, nothing for 0. */
export type Result = number | undefined | Promise<number | undefined>;

interface Definition<A extends Arguments, F extends Flags> {
  /** One line without a comma: `dokku help --all` makes columns at commas. */
  readonly description: string;
  readonly args: A;
  readonly flags: F;
  /** Arguments of a call that somebody would really make. */
  readonly example: string;
  /** More lines of help, such as what exit statuses mean. */
  readonly more?: readonly string[];
  /**
   * The stock plugin has this command, too: surplus arguments are ignored, with a warning. Other commands refuse them.
   */
  readonly stock?: true;
  /** Only the program on the host offers it, never the plugin. */
  readonly programOnly?: true;
  /** It is offered alongside the stock plugin as well, because it changes nothing that the stock plugin owns. */
  readonly alongside?: true;
  /** The message for an unknown flag, if it is not the usual one. */
  unknownFlag?(given: readonly string[]): string;
}

/** A command, whatever its arguments and flags. */
export interface Command extends Definition<Arguments, Flags> {
  run(call: CommandCall): Result;
}

/** Checks the definition of a command: `run` gets what `args` and `flags` say. */
export function defineCommand<A extends Arguments, F extends Flags>(
  definition: Definition<A, F> & { run(call: CommandCall<A, F>): Result },
): Command {
  return definition; // parseCall makes the call for `run` from this very definition
}

/** The name of the flag with the key `key`, without dashes: `as-of` for `asOf`. */
export function flagName(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
