import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import test from 'ava';

import { freePort, startNatsServer } from '../../../scripts/fleet/natsServer';
import { temporaryDirectory } from '../../temporaryHost';
import { runAs } from './member';
import { program, SERVER_SECONDS, withServer } from './server';

/* What a new user meets before everything is set up. */

withServer('as long as there are no streams, every command says so, and ends', async (t) => {
  const home = temporaryDirectory(t);
  const port = await freePort();
  const printed: string[] = [];
  for (const role of ['host', 'reader', 'administrator'])
    printed.push((await runAs(home, ['fleet:join', `nats://127.0.0.1:${port}`, '--as', role])).stdout);
  const config = await runAs(home, ['fleet:server-config', '-', '--store', join(home, 'store')], printed.join(''));
  t.is(config.code, 0, config.stderr);
  const configuration = config.stdout;
  const server = await startNatsServer({ directory: home, program, port, configuration, seconds: SERVER_SECONDS });
  t.teardown(() => server.stop('SIGKILL'));
  for (const command of ['push', 'list', 'verify', 'events']) {
    const { code, stdout, stderr } = await runAs(home, [`fleet:${command}`]);
    t.is(code, 1, command);
    t.regex(stderr, /The fleet does not answer.*fleet:init makes the streams/, command);
    t.is(stdout, '', command);
  }
  const status = await runAs(home, ['fleet:status']);
  t.is(status.code, 1);
  t.regex(status.stdout, /Mirror: .*, never read\n +Servers: +do not answer/);
  t.is((await runAs(home, ['fleet:init'])).code, 0);
  t.regex((await runAs(home, ['fleet:push'])).stdout, /Nothing new/);
  t.regex((await runAs(home, ['fleet:list'])).stdout, /No builds are running on any host/);
  mkdirSync(join(home, 'lib', 'data', 'builds', 'broken', 'events.journal'), { recursive: true });
  const left = await runAs(home, ['fleet:leave']);
  t.is(left.code, 1);
  t.regex(left.stderr, /^ ! {5}Not published: broken: .*not a regular file\n$/);
  t.regex(
    left.stdout,
    /has left the fleet; what it published stays there, without the newest events of the apps above/,
  );
  await server.stop();
  const late = await runAs(home, ['fleet:list']);
  t.is(late.code, 0);
  t.regex(late.stderr, /The fleet does not answer \(.*\); this was read \d+s ago/);
  t.is((await runAs(home, ['fleet:status'])).code, 1);
  await runAs(home, ['fleet:join', `nats://127.0.0.1:${port}`]);
  t.regex((await runAs(home, ['fleet:status', '--json'])).stdout, /"answers":false,"servers":\[\],"backlog":null\}/);
});

test('fleet:leave works without an answer of the fleet, and warns that events may be missing', async (t) => {
  const home = temporaryDirectory(t);
  await runAs(home, ['fleet:join', 'nats://127.0.0.1:1', '--name', 'web1']);
  const { code, stdout, stderr } = await runAs(home, ['fleet:leave']);
  t.is(code, 1);
  t.regex(stderr, /^ ! {5}The fleet was not told: /);
  t.regex(stdout, /The key of web1 was removed from here; the fleet may lack its newest events/);
  t.notRegex(stdout, /has left the fleet/);
  t.regex((await runAs(home, ['fleet:leave'])).stdout, /No fleet was joined here/);
});

test('fleet:leave removes settings that are damaged', async (t) => {
  const home = temporaryDirectory(t);
  await runAs(home, ['fleet:join', 'nats://127.0.0.1:1']);
  const directory = join(home, 'lib', 'config', 'builds', '--fleet');
  writeFileSync(join(directory, 'settings.json'), '{');
  t.regex(
    (await runAs(home, ['fleet:push'])).stderr,
    /settings\.json is damaged; run fleet:leave and fleet:join again/,
  );
  t.is((await runAs(home, ['fleet:leave'])).code, 1);
  t.false(existsSync(directory));
  t.is((await runAs(home, ['fleet:join', 'nats://127.0.0.1:1'])).code, 0);
});

test('nothing is shown of a fleet that was never read', async (t) => {
  const home = temporaryDirectory(t);
  await runAs(home, ['fleet:join', 'nats://127.0.0.1:1', '--as', 'reader']);
  for (const args of [
    ['fleet:list'],
    ['fleet:list', '--offline'],
    ['fleet:events'],
    ['fleet:stats'],
    ['fleet:verify'],
  ]) {
    const { code, stdout, stderr } = await runAs(home, args);
    t.is(code, 1, args.join(' '));
    t.is(stdout, '');
    t.regex(stderr, /othing was read from/);
  }
});
