import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';

import test, { type ExecutionContext } from 'ava';

import { script } from '../../../scripts/sandbox/host';
import { stored, withHost } from './notified';

test('secret, header and url are in no file but their own, in no output, command line or environment', async (t) => {
  await withHost(['hang', 'hang', 'hang', 'hang'], async (notified) => {
    const { host, receiver } = notified;
    const secret = `secret-${randomUUID()}`;
    const token = `token-${randomUUID()}`;
    const secrets = [secret, token, receiver.path]; // of this one host: all processes of the machine are looked at
    await host.dokku(['builds:set', 'shop', 'notify-secret', '-'], { input: secret });
    await host.dokku(['builds:set', 'shop', 'notify-header', '-'], { input: `Authorization: Bearer ${token}` });
    const pushed = await host.push('shop', { build: script('exit 1') });
    t.is((await receiver.request(1)).headers.authorization, `Bearer ${token}`);
    const processes = shownByProcesses(t, notified.deliverer());
    const outputs = [pushed];
    for (const command of [
      'builds:notify',
      'builds:report',
      'builds:list',
      'builds:events',
      'builds:page',
      'builds:verify',
    ]) {
      outputs.push(await host.dokku([command, 'shop']));
    }
    const shown = outputs.map(({ stdout, stderr }) => stdout + stderr).join('');
    for (const text of secrets) {
      t.false(shown.includes(text));
      t.false(processes.includes(text));
      const { stdout } = await host.run(['grep', '-rl', '-e', text, host.paths.libRoot, host.paths.dokkuRoot]);
      t.regex(stdout, /^\S*\/config\/builds\/shop\/notify-(secret|header|url)\n$/, stdout);
    }
    t.true(stored(notified).length > 0); // it was looked at while something waited
  });
});

/** Command lines and environments of all processes of this machine; the process `pid` is among them. */
function shownByProcesses(t: ExecutionContext, pid: number | undefined): string {
  const lines = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => {
      try {
        const [commandLine, environment] = ['cmdline', 'environ'].map((file) => readFileSync(`/proc/${name}/${file}`));
        return `${name} ${commandLine?.toString() ?? ''} ${environment?.toString() ?? ''}`;
      } catch {
        return ''; // it has just ended, or is another user's
      }
    });
  t.true(lines.some((line) => line.startsWith(`${pid ?? 0} `) && line.includes('builds-deliver')));
  return lines.join('\n');
}
