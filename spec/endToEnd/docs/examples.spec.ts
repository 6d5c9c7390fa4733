import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import test from 'ava';

import { temporaryDirectory } from '../../temporaryHost';
import type { Sandbox } from '../../../scripts/sandbox/host';
import { type Block, blocksOf, isTyped, PAGES, stepsOf } from './blocks';
import { difference, type Ids, withIdsOfHere } from './comparison';
import { documentedHost, scenes, type Setting } from './scenes';
import { Shell } from './shell';

/*
 * What README.md and docs/ show is typed on a host, in the order of the pages, and the output is compared. A block
 * that cannot be run here has a mark that says why; those are listed, and their syntax is checked.
 */

const blocks = PAGES.flatMap(blocksOf).filter(isTyped);

/** README shows a terminal of that many columns; other pages what a script reads. */
const COLUMNS_OF_README = 100;

const withJq = spawnSync('jq', ['--version']).status === 0 ? test : test.skip;

withJq('README.md and docs/ show what the commands print (skipped without jq)', async (t) => {
  t.timeout(900_000); // it takes a minute, and many on a busy machine
  const host = await documentedHost();
  t.teardown(() => host.remove());
  const ids: Ids = new Map();
  const wrong: string[] = [];
  for (const block of blocks.filter(({ notRun, runBy }) => notRun === undefined && runBy === undefined)) {
    const setting = block.scene === undefined ? {} : await (scenes[block.scene] ?? noScene(block))(host);
    try {
      if (setting.missing !== undefined) t.log(`${block.place} is not run: ${setting.missing}`);
      else wrong.push(...(await runBlock(host, block, setting, ids)));
    } finally {
      await setting.close?.();
    }
  }
  t.is(wrong.length, 0, wrong.join('\n\n'));
});

/** Types the commands of `block`; gives what is not as the page shows it. */
async function runBlock(host: Sandbox, block: Block, setting: Setting, ids: Ids): Promise<string[]> {
  const shell = new Shell(host, host.paths.tmp);
  const { libRoot, root } = host.paths;
  const { here = [], isDone = () => true } = setting;
  const asOnPage = (text: string): string =>
    here
      .reduce((changed, [page, typed]) => changed.replaceAll(typed, page), text)
      .replaceAll(libRoot, '/var/lib/dokku')
      .replaceAll(root, '');
  const asHere = (text: string): string =>
    here
      .reduce((changed, [page, typed]) => changed.replaceAll(page, typed), text)
      .replaceAll('/var/lib/dokku', libRoot)
      .replace(/(^| |file:\/\/)(?=\/(?:root|backup)\/)/g, `$1${root}`);
  const columns = block.place.startsWith('README.md') ? COLUMNS_OF_README : undefined;
  const wrong: string[] = [];
  try {
    for (const { command, output } of stepsOf(block)) {
      const typed = asHere(withIdsOfHere(command, ids));
      if (command.includes('--follow')) {
        const isRight = (text: string) => difference(output ?? [], asOnPage(text), new Map(ids)) === undefined;
        const printed = await shell.typeUntil(typed, isRight);
        if (!isRight(printed)) wrong.push(`${block.place}: $ ${command}\n${printed}`);
        continue;
      }
      const { output: printed, status } = await shell.type(typed, columns);
      const succeeds = status === 0 || command.includes('exit status');
      const problem =
        output === undefined ? (succeeds ? undefined : printed) : difference(output, asOnPage(printed), ids);
      if (problem !== undefined) wrong.push(`${block.place}: $ ${command}\n${problem}`);
    }
    if (!isDone()) wrong.push(`${block.place}: it did not do what the page says`);
  } catch (error) {
    wrong.push(`${block.place}: ${String(error)}`);
  } finally {
    shell.close();
  }
  return wrong;
}

function noScene({ place, scene }: Block): never {
  throw new Error(`${place}: there is no scene "${scene ?? ''}"`);
}

test('a block that is not run is marked with a reason, and its syntax is right', (t) => {
  const notRun = blocks.filter((block) => block.notRun !== undefined);
  for (const block of notRun) {
    const text = stepsOf(block)
      .map(({ command }) => command.replace(/^\w+\$ /, '')) // `web1$ ` names the host
      .join('\n');
    const { status, stderr } = spawnSync('bash', ['-n'], { input: text, encoding: 'utf8' });
    t.is(status, 0, `${block.place}: ${stderr}`);
  }
  t.log(`${notRun.length} of ${blocks.length} blocks are not run:`);
  for (const { place, notRun: why } of notRun) t.log(`${place}: ${why ?? ''}`);
  t.true(notRun.length <= 2);
  for (const { runBy } of blocks) if (runBy !== undefined) t.true(existsSync(join(__dirname, runBy)), runBy);
});

const nginx = spawnSync('nginx', ['-v']).status === 0 ? test : test.skip;
nginx('nginx takes the configuration that docs/operations.md shows (skipped without nginx)', (t) => {
  const shown = PAGES.flatMap(blocksOf).filter(({ language }) => language === 'nginx');
  t.is(shown.length, 1);
  const server = (shown[0]?.lines ?? []).filter((line) => !line.includes('ssl')).join('\n');
  const configuration = `pid /dev/null; error_log stderr; events {} http { access_log off; ${server} }`;
  const directory = temporaryDirectory(t);
  writeFileSync(join(directory, 'nginx.conf'), configuration);
  const { status, stderr } = spawnSync('nginx', ['-t', '-p', directory, '-c', 'nginx.conf'], { encoding: 'utf8' });
  t.is(status, 0, stderr);
});
