import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';

import test, { type ExecutionContext } from 'ava';

import { script } from '../../../scripts/sandbox/host';
import { stored, withHost } from './notified';

test('the secret and the url stand in no file but their own, in no output, and in no command line', async (t) => {
  await withHost(['hang', 'hang', 'hang', 'hang'], async (notified) => {
    const { host, receiver } = notified;
    const secret = `secret-${randomUUID()}`;
    const secrets = [secret, receiver.path]; // of this one host: all processes of the machine are looked at
    await host.dokku(['builds:set', 'shop', 'notify-secret', '-'], { input: secret });
    const pushed = await host.push('shop', { build: script('exit 1') });
    await receiver.request(1);
    const commands = commandLines(t, notified.deliverer());
    const outputs = [pushed];
    for (const command of ['builds:notify', 'builds:report', 'builds:list', 'builds:events']) {
      outputs.push(await host.dokku([command, 'shop']));
    }
    const shown = outputs.map(({ stdout, stderr }) => stdout + stderr).join('');
    for (const text of secrets) {
      t.false(shown.includes(text));
      t.false(commands.includes(text));
      const { stdout } = await host.run(['grep', '-rl', '-e', text, host.paths.libRoot, host.paths.dokkuRoot]);
      t.regex(stdout, /^\S*\/config\/builds\/shop\/notify-(secret|url)\n$/, stdout);
    }
    t.true(stored(notified).length > 0); // it was looked at while something waited
  });
});

/** The command lines of all processes of this machine; that of the process `pid` is among them. */
function commandLines(t: ExecutionContext, pid: number | undefined): string {
  const lines = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => {
      try {
        return `${name} ${readFileSync(`/proc/${name}/cmdline`, 'utf8')}`;
      } catch {
        return ''; // it has just ended
      }
    });
  t.true(lines.some((line) => line.startsWith(`${pid ?? 0} `) && line.includes('builds-deliver')));
  return lines.join('\n');
}
