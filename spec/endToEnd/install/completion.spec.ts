import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import test, { type ExecutionContext } from 'ava';

import { usageOf } from '../../../commands/definition/usage';
import { commands, loadCommands } from '../../../commands/programs';
import { temporaryDirectory } from '../../temporaryHost';
import { builtPlugin } from '../../../scripts/sandbox/layout';

/** A host with two apps, one of which has two builds. */
function hostWithApps(t: ExecutionContext): NodeJS.ProcessEnv {
  const root = temporaryDirectory(t);
  for (const app of ['shop', 'store', '.ssh', 'Upper']) mkdirSync(join(root, 'home', app), { recursive: true });
  mkdirSync(join(root, 'lib/data/builds/shop'), { recursive: true });
  for (const name of ['b1.json', 'b2.json', 'b1.log', 'events.journal', '$(touch x).json']) {
    writeFileSync(join(root, 'lib/data/builds/shop', name), '');
  }
  return {
    PATH: `${join(builtPlugin, 'bin')}:${process.env['PATH'] ?? ''}`,
    DOKKU_ROOT: join(root, 'home'),
    DOKKU_LIB_ROOT: join(root, 'lib'),
  };
}

/** What a real bash offers for `line`, the cursor at its end. Readline cuts at `breaks`. */
function complete(
  env: NodeJS.ProcessEnv,
  line: string,
  breaks = ' \t\n"\'><=;|&(:',
  program: 'dokku-builds' | 'dokku' = 'dokku-builds',
): string[] {
  const script = `
    source '${join(builtPlugin, 'completions', 'dokku-builds.bash')}'
    COMP_WORDBREAKS=$1 COMP_LINE=$2 COMP_POINT=\${#2}
    $(complete -p ${program} | sed -E 's/.*-F ([^ ]+) .*/\\1/')
    [[ \${#COMPREPLY[@]} -eq 0 ]] || printf '%s\\n' "\${COMPREPLY[@]}"`;
  const stdout = execFileSync('bash', ['--norc', '-uc', script, 'bash', breaks, line], { env, encoding: 'utf8' });
  return stdout.split('\n').filter((word) => word !== '');
}

test('commands are completed, with and without builds:, across the colon', (t) => {
  const env = hostWithApps(t);
  t.deepEqual(complete(env, 'dokku-builds '), [...Object.keys(commands), 'help']);
  t.deepEqual(complete(env, 'dokku-builds rep'), ['report', 'replay']);
  t.deepEqual(complete(env, 'dokku-builds builds:rep'), ['report', 'replay']);
  t.deepEqual(complete(env, 'dokku-builds builds:rep', ' \t\n'), ['builds:report', 'builds:replay']);
  t.deepEqual(complete(env, 'dokku-builds host:s'), ['status']);
});

test('apps are completed where an app stands, before and after flags', (t) => {
  const env = hostWithApps(t);
  t.deepEqual(complete(env, 'dokku-builds list s'), ['shop', 'store']);
  t.deepEqual(complete(env, 'dokku-builds builds:list sh'), ['shop']);
  t.deepEqual(complete(env, 'dokku-builds list --format json sh'), ['shop']);
  t.deepEqual(complete(env, 'dokku-builds list --all sh'), ['shop']);
  t.deepEqual(complete(env, 'dokku-builds list shop s'), []);
  t.deepEqual(complete({ ...env, DOKKU_ROOT: '/nonexistent' }, 'dokku-builds list '), []);
});

test('the builds of the app are completed where a build stands', (t) => {
  const env = hostWithApps(t);
  t.deepEqual(complete(env, 'dokku-builds info shop '), ['last', 'last-failed', 'current', 'b2', 'b1']);
  t.deepEqual(complete(env, 'dokku-builds output shop b'), ['b2', 'b1']);
  t.deepEqual(complete(env, 'dokku-builds info ../shop b'), []);
});

test('flags and what they may be are completed', (t) => {
  const env = hostWithApps(t);
  t.deepEqual(complete(env, 'dokku-builds page --'), ['--out']);
  t.deepEqual(complete(env, 'dokku-builds list --format json --rel'), ['--relative']);
  t.deepEqual(complete(env, 'dokku-builds list --format json --form'), []);
  t.deepEqual(complete(env, 'dokku-builds list shop --kind '), ['build', 'deploy']);
  t.deepEqual(complete(env, 'dokku-builds list shop --kind=b'), ['build']);
  t.deepEqual(complete(env, 'dokku-builds events --type Build'), ['BuildStarted', 'BuildFinished', 'BuildCanceled']);
  t.deepEqual(complete(env, 'dokku-builds capture shop --source git:s'), ['sync']);
  t.deepEqual(complete(env, 'dokku-builds set shop ret'), ['retention', 'retention-days']);
  t.deepEqual(complete(env, 'dokku-builds set --global ret'), ['retention', 'retention-days']);
  t.deepEqual(complete(env, 'dokku-builds capture shop -- ls --'), []);
  t.true(complete(env, 'dokku-builds report shop --build-').includes('--build-status'));
  t.deepEqual(complete(env, 'dokku-builds list --status failed,s'), ['failed,succeeded']);
});

test('the builds:* commands of dokku are completed, without what is only for the program; others are left alone', (t) => {
  const env = hostWithApps(t);
  t.deepEqual(complete(env, 'dokku builds:rel', ' \t\n', 'dokku'), ['builds:releases']);
  t.deepEqual(complete(env, 'dokku builds:list s', ' \t\n', 'dokku'), ['shop', 'store']);
  t.deepEqual(complete(env, 'dokku builds:page --', ' \t\n', 'dokku'), []);
  t.deepEqual(complete(env, 'dokku builds:cap', ' \t\n', 'dokku'), []);
  t.deepEqual(complete(env, 'dokku apps:create s', ' \t\n', 'dokku'), []);
});

const fish = spawnSync('fish', ['--version']).status === 0;

(fish ? test : test.skip)('fish completes commands, apps and flags', (t) => {
  const env = { ...hostWithApps(t), HOME: temporaryDirectory(t) };
  const offered = (line: string): string[] => {
    const script = `source '${join(builtPlugin, 'completions', 'dokku-builds.fish')}'; complete -C '${line}'`;
    const stdout = execFileSync('fish', ['--no-config', '-c', script], { env, encoding: 'utf8' });
    return stdout
      .split('\n')
      .filter((one) => one !== '')
      .map((one) => one.split('\t')[0] ?? '');
  };
  t.deepEqual(offered('dokku-builds rel'), ['releases']);
  t.deepEqual(offered('dokku-builds list s').sort(), ['shop', 'store']);
  t.deepEqual(offered('dokku builds:list s').sort(), ['shop', 'store']);
  t.deepEqual(offered('dokku-builds list shop --kind b'), ['build']);
});

const zsh = spawnSync('zsh', ['--version']).status === 0;

(zsh ? test : test.skip)('zsh completes commands, apps and flags', (t) => {
  const script = `
    zmodload zsh/zpty
    zpty terminal zsh -f -i
    # types what the keys say on a fresh line, and waits until the terminal shows a pattern
    shows() { zpty -w -n terminal $'\\C-u'"$1"; zpty -r terminal output "*$2*" && print -r -- "$2" }
    shows $'PS1="> "; fpath=($COMPLETIONS $fpath); autoload -Uz compinit; compinit -u -D; stty cols 100; echo REA""DY\n' READY
    shows $'dokku-builds rel\t' releases
    shows $'dokku-builds list s\t\t' 'store*shop'
    shows $'dokku-builds list shop --for\t' --format
    shows $'dokku builds:rel\t' builds:releases
    shows $'dokku builds:list st\t' store
    zpty -d terminal`;
  const env = {
    ...hostWithApps(t),
    COMPLETIONS: join(builtPlugin, 'completions'),
  };
  const { stdout, stderr } = spawnSync('zsh', ['-fc', script], { env, encoding: 'utf8', timeout: 60_000 });
  t.deepEqual(
    stdout.split('\n'),
    ['READY', 'releases', 'store*shop', '--format', 'builds:releases', 'store', ''],
    stderr,
  );
});

const renderer = [
  ['mandoc', '-Tutf8', '-Wwarning'],
  ['groff', '-man', '-Tutf8', '-ww', '-P', '-cbou'],
].find(([program = '']) => spawnSync(program, ['--version']).error === undefined);

(renderer === undefined ? test.skip : test)('the manual page names every command as the help does', async (t) => {
  const [program = '', ...args] = renderer ?? [];
  const rendered = spawnSync(program, [...args, join(builtPlugin, 'man', 'dokku-builds.1')], { encoding: 'utf8' });
  const undated = /^mandoc: .*missing date.*\nmandoc: see above .*\n$/; // a date would differ from build to build
  t.is(rendered.stderr.replace(undated, ''), '');
  const once = rendered.stdout.replace(/.[\b]/g, ''); // mandoc prints a bold letter twice
  const words = (text: string) => text.replaceAll('\u2010\n', '').replace(/[\s\u2010-]+/g, '');
  const page = words(once);
  for (const { name, command } of await loadCommands()) {
    t.true(page.includes(words(`${name} ${usageOf(command, true)}`)), name);
    t.true(page.includes(words(command.description)), name);
  }
});
