import { type Command, type CommandCall, defineCommand, type Via } from '../../../commands/definition/command';
import {
  anApp,
  aBuild,
  aChoice,
  appOr,
  asOf,
  aSwitch,
  aValue,
  jsonFormat,
  maybeApp,
} from '../../../commands/definition/flags';
import { parseCall } from '../../../commands/definition/parseCall';
import type { Host } from '../../../host/dokku/environment';
import type { Output } from '../../../host/terminal/output';

const nothing = () => undefined;

/** A command with one of everything. */
export const inspect = defineCommand({
  description: 'Inspect a build',
  args: { app: anApp(), build: aBuild() },
  flags: {
    format: jsonFormat,
    kind: aChoice(['build', 'deploy'], 'only this kind', { emptyIsNone: true }),
    asOf,
    dryRun: aSwitch('change nothing'),
    out: aValue('<file>', 'where to write', (file) => file, { programOnly: true, completes: 'file' }),
  },
  example: 'shop last',
  run: nothing,
});

/** A command that the stock plugin has, too. */
export const sweep = defineCommand({
  description: 'Sweep builds',
  args: { app: appOr('all-apps') },
  flags: { allApps: aSwitch('every app') },
  example: '--all-apps',
  stock: true,
  run: nothing,
});

export const survey = defineCommand({
  description: 'Survey builds',
  args: { app: maybeApp('the app') },
  flags: {},
  example: '',
  run: nothing,
});

export const execute = defineCommand({
  description: 'Run something',
  args: { app: anApp(), command: { kind: 'rest', shown: '<command> [<arg>...]', help: 'what is run' } },
  flags: { quiet: aSwitch('say nothing') },
  example: 'shop -- true',
  programOnly: true,
  run: nothing,
});

export const NOW = Date.UTC(2026, 3, 30, 13, 50);

/** What `words` mean to `command`, and the warnings. Throws as {@link parseCall} does. */
export function parsed(
  host: Host,
  command: Command,
  words: readonly string[],
  via: Via = 'plugin',
): Pick<CommandCall, 'args' | 'flags'> & { warnings: string[] } {
  const warnings: string[] = [];
  const output = { warn: (message: string) => warnings.push(message) } as unknown as Output;
  const { args, flags } = parseCall(command, { name: 'inspect', host, output, words, via, now: NOW });
  return { args, flags, warnings };
}
