import test from 'ava';

import { type Command, flagName } from '../../../commands/definition/command';
import { loadCommands } from '../../../commands/programs';
import { blocksOf, isTyped, PAGES, textOf } from './blocks';

/* Every command and flag that README.md and docs/ name in a block or between backticks exists. */

/** `dokku builds:list shop --all`, `builds:info`, `dokku-builds capture blog`, `PROGRAM host:status`. */
const CALL = /(?:\b(builds|fleet|host):|\bdokku-builds (?!\w+:))([a-z][a-z-]*)([^|;\n`#]*)/g;
const FLAG = /(?<![\w-])--([a-z][a-z-]+)/g;

/** Names that stand where a command could: the help, a program behind deploys, a script of npm. */
const NO_COMMANDS = new Set(['help', 'builds-deliver', 'demo']);
/** Flags of Dokku, those of every command, and one that usage.md types wrong to show the answer. */
const NO_FLAGS = new Set(['help', 'app', 'version', 'quiet', 'trace', 'name', 'sttaus']);

/** The parts of a page that show what is typed: its blocks, and what stands between backticks. */
function typedParts(page: string): string[] {
  const lines = blocksOf(page)
    .filter(isTyped)
    .flatMap((block) => block.lines);
  const prose = textOf(page).replace(/^```[^]*?^```$/gm, '');
  const inline = [...prose.matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code);
  return [...lines.filter((line) => /^(\$ |\w+\$ |[a-z])/.test(line)), ...inline];
}

test('every command and every flag that the pages name exists', async (t) => {
  const commands = new Map<string, Command>();
  for (const { name, command } of await loadCommands()) commands.set(name, command);
  const wrong: string[] = [];
  let checked = 0;
  for (const page of PAGES) {
    for (const part of typedParts(page)) {
      for (const [call, group, name = '', rest = ''] of part.matchAll(CALL)) {
        if (NO_COMMANDS.has(name)) continue;
        const command = commands.get(group === 'fleet' || group === 'host' ? `${group}:${name}` : name);
        if (command === undefined) {
          wrong.push(`${page}: there is no command: ${call}`);
          continue;
        }
        checked += 1;
        const known = new Set([...Object.keys(command.flags).map(flagName), ...unlessOf(command), ...NO_FLAGS]);
        const own = rest.split(' -- ')[0] ?? ''; // what follows belongs to the program that capture runs
        for (const [, flag = ''] of own.matchAll(FLAG))
          if (!known.has(flag)) wrong.push(`${page}: there is no --${flag}: ${call}`);
      }
    }
  }
  t.deepEqual(wrong, []);
  t.true(checked > 150, String(checked));
});

/** The switch that stands in place of an app. */
function unlessOf({ args }: Command): string[] {
  return Object.values(args).flatMap((argument) =>
    argument.kind === 'app' && argument.unless !== undefined ? [argument.unless] : [],
  );
}
