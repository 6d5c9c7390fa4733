import { parseSpan } from '../../host/durations';
import { Failure } from '../../host/failure';
import { printable } from '../../host/printable';
import { parseSize } from '../../host/sizes';
import { parsePositiveInteger } from '../../host/dokku/properties';
import { type BuildId, parseBuildId } from '../../host/dokku/names';
import type { AppArgument, ParseContext, RequiredApp, Switch, Valued, WordArgument } from './command';
import { parseWhen, WHEN_EXAMPLES } from './when';

/*
 * The arguments and flags that more than one command has.
 */

const APP = 'the app; also as dokku --app <app>';
const BUILD_ID = 'the build: its id, the beginning of its id, a release such as v12, last, last-failed, or current';

/** The app; a call without one fails. */
export function anApp(help = APP): RequiredApp {
  return { kind: 'app', required: true, help };
}

/** The app, if one is named. */
export function maybeApp(help: string): AppArgument {
  return { kind: 'app', required: false, help };
}

/** The app, or the switch `flag` instead; a call with neither fails. */
export function appOr(flag: string): AppArgument {
  return { kind: 'app', required: true, unless: flag, help: APP };
}

/** The app, if one is named. The switch `flag` says explicitly that no app is named. */
export function maybeAppOr(flag: string, help = APP): AppArgument {
  return { kind: 'app', required: false, unless: flag, help };
}

/** A build, by its id or by a name such as `last`. */
export function aBuild(): WordArgument<BuildId> {
  return {
    kind: 'word',
    required: true,
    shown: '<build-id>',
    help: BUILD_ID,
    completes: 'build',
    parse(word) {
      if (!word) throw new Failure('Please specify a build id\nThe newest one is last; builds:list shows them all');
      return parseBuildId(word);
    },
  };
}

/** The same; default: the build that holds the deploy lock. */
export function maybeBuild(): WordArgument<BuildId> {
  return {
    kind: 'word',
    required: false,
    shown: '<build-id>|current',
    help: `${BUILD_ID}; without it, current`,
    completes: 'build',
    parse: (word) => parseBuildId(word || 'current'),
  };
}

/** A flag without a value. */
export function aSwitch(help: string): Switch {
  return { kind: 'switch', help };
}

/** A flag with one value, undefined when it is not given. */
export function aValue<T>(
  shown: string,
  help: string,
  parse: (text: string, context: ParseContext) => T,
  more: Partial<Pick<Valued<T>, 'choices' | 'completes' | 'programOnly'>> = {},
): Valued<T | undefined> {
  return {
    kind: 'value',
    shown,
    help,
    absent: undefined,
    parse: (values, context) => parse(values[0] ?? '', context),
    ...more,
  };
}

/** A flag whose value can be any text. */
export function aText(shown: string, help: string, completes?: 'file'): Valued<string | undefined> {
  return aValue(shown, help, (text) => text, completes && { completes });
}

/** A flag whose value is one of `choices`. With `emptyIsNone`, the empty value is the same as none. */
export function aChoice<T extends string>(
  choices: readonly T[],
  help: string,
  { shown = choices.join('|'), emptyIsNone = false }: { shown?: string; emptyIsNone?: boolean } = {},
): Valued<T | undefined> {
  const parse = (text: string, context: ParseContext): T | undefined =>
    emptyIsNone && text === '' ? undefined : oneOf(choices, text, context);
  return aValue(shown, help, parse, { choices });
}

/** `text` as one of `choices`. Throws {@link Failure} with the contract's message. */
export function oneOf<T extends string>(choices: readonly T[], text: string, { name }: Pick<ParseContext, 'name'>): T {
  const choice = choices.find((one) => one === text);
  if (choice !== undefined) return choice;
  throw new Failure(`Invalid ${name} value "${printable(text)}" (allowed: ${choices.join(', ')})`);
}

/** `--format`, with `stdout` as the default. */
export function format<T extends string>(
  formats: readonly (T | 'stdout')[],
  help = 'json for programs, stdout (the default) for people',
): Valued<T | 'stdout'> {
  return {
    kind: 'value',
    shown: formats.join('|'),
    help,
    choices: formats,
    absent: 'stdout',
    parse([text]) {
      const found = formats.find((one) => one === text);
      if (found !== undefined) return found;
      throw new Failure(`Invalid format specified, supported formats: ${formats.join(', ')}`);
    },
  };
}

/** `--format json|stdout` */
export const jsonFormat = format(['json', 'stdout']);

/**
 * A flag that may be given more than once, and takes several values with commas between. Empty values are ignored.
 */
export function aList<T extends string>(
  shown: string,
  help: string,
  choices: readonly string[],
  parse: (text: string, context: ParseContext) => T,
): Valued<readonly T[] | undefined> {
  return {
    kind: 'list',
    shown,
    help,
    choices,
    absent: undefined,
    parse(values, context) {
      const words = values.flatMap((value) => value.split(',')).filter((word) => word !== '');
      return words.length === 0 ? undefined : words.map((word) => parse(word, context));
    },
  };
}

/** A flag whose value is a whole number, at least 1, or with `orNone` at least 0. */
export function aCount(help: string, { orNone = false } = {}): Valued<number | undefined> {
  return aValue('N', help, (text, { name }) => {
    const count = orNone && text === '0' ? 0 : parsePositiveInteger(text);
    if (count !== undefined) return count;
    throw new Failure(
      `Invalid ${name} value "${printable(text)}": must be a positive integer${orNone ? ', or 0' : ''}`,
    );
  });
}

/** The longest time for setTimeout: a longer one would end at once. */
const LONGEST_SPAN_MS = 2 ** 31 - 1;

/** A flag whose value is a span of time, in ms: `90s`, `30m`, `1h30m`. */
export function aSpan(help: string): Valued<number | undefined> {
  return aValue('<time>', help, (text, { name }) => {
    const span = parseSpan(text);
    if (span !== undefined && span > 0 && span <= LONGEST_SPAN_MS) return span;
    throw new Failure(
      `Invalid ${name} value "${printable(text)}": must be a time such as 90s, 30m, 1h30m or 2d, at most 24d`,
    );
  });
}

/** A flag whose value is a number of bytes, at least 1024. */
export function aSize(help: string): Valued<number | undefined> {
  return aValue('<size>', help, (text, { name }) => {
    const size = parseSize(text);
    if (size !== undefined && size >= 1024) return size;
    throw new Failure(
      `Invalid ${name} value "${printable(text)}": must be a size such as 500k, 10m or 1g, at least 1k`,
    );
  });
}

/** A flag whose value is a time, in ms since the epoch; a date alone is the beginning of the day. */
export function aTime(help: string): Valued<number | undefined> {
  return aValue('<when>', help, (text, { name, now }) => parseWhen(name, text, now));
}

/** The same for the end of an interval: a date alone is the end of the day. */
export function anEndTime(help: string): Valued<number | undefined> {
  return aValue('<when>', help, (text, { name, now }) => parseWhen(name, text, now, 'end-of-day'));
}

export const asOf = aTime(`as things stood then: ${WHEN_EXAMPLES}`);

export const relative = aSwitch('ages instead of times');

export const noColor = aSwitch('no colours on a terminal; the same as NO_COLOR in the environment');
