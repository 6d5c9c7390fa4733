import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

import test from 'ava';

import { formats } from '../../../subscribers/notifications/formats/format';
import { createSandbox, expectSuccess, type Sandbox } from '../../../scripts/sandbox/host';
import { startReceiver } from './receiver';
import { rules } from './receiverRules';

let host: Sandbox;

test.before(async () => {
  host = await createSandbox();
});

test.after.always(() => host.remove());

const set = async (...args: string[]) => expectSuccess(await host.dokku(['builds:set', ...args]));

for (const name of Object.keys(formats) as (keyof typeof formats)[]) {
  test.serial(`a failed deploy is posted in the format ${name}, which its receiver takes`, async (t) => {
    const app = `by-${name}`;
    const receiver = await startReceiver((received) => (rules[name](received) === undefined ? 200 : 400));
    await host.createApp(app);
    await set(app, 'notify-url', `${receiver.url}/statuses`);
    await set(app, 'notify-format', name);
    const header = await host.dokku(['builds:set', app, 'notify-header', '-'], {
      input: 'Authorization: Bearer t0ken\n',
    });
    t.is(header.stdout, '=====> Setting notify-header\n');
    const deploy = host.process();
    const env = { GIT_REV: 'a9993e364706816aba3e25717850c26c9cd0d89d' };
    const start = ['builds-record-start', [app, 'broken', String(deploy.pid), 'git-hook']] as const;
    expectSuccess(await host.trigger(...start, { env }));
    host.write(host.file(app, 'broken.log'), '-----> Building\nError: no space left on device\n');
    expectSuccess(await host.trigger('builds-record-finalize', [app, 'broken', '7']));
    const received = await receiver.request(1);
    t.is(rules[name](received), undefined);
    t.is(received.headers.authorization, 'Bearer t0ken');
    t.regex(received.body, /failed with exit code 7/);
    t.regex(received.body, /no space left on device/);
    await receiver.close();
  });
}

test.serial('a test message has the format of the receiver; a commit status has none', async (t) => {
  await host.createApp('tested');
  for (const name of Object.keys(formats) as (keyof typeof formats)[]) {
    const receiver = await startReceiver((received) => (rules[name](received) === undefined ? 200 : 400));
    await set('tested', 'notify-url', receiver.url);
    await set('tested', 'notify-format', name);
    await set('tested', 'notify-header', 'Authorization: Bearer t0ken');
    const { code, stderr } = await host.dokku(['builds:notify', 'tested', '--test']);
    if (['github', 'gitea', 'gitlab'].includes(name)) {
      t.is(code, 1);
      t.is(stderr, ` !     There is no test message in the format ${name}: a status belongs to a commit\n`);
    } else {
      t.is(code, 0, `${name}: ${stderr}`);
    }
    await receiver.close();
  }
});

test.serial('the header is stored readable for its owner alone, and its value is never shown', async (t) => {
  await host.createApp('shown');
  await set('shown', 'notify-url', 'https://hooks.example/x');
  const given = await host.dokku(['builds:set', 'shown', 'notify-header', 'PRIVATE-TOKEN: glpat-abc']);
  t.is(given.stdout, '=====> Setting notify-header\n');
  const file = join(host.paths.config, 'builds', 'shown', 'notify-header');
  t.is(statSync(file).mode & 0o777, 0o600);
  t.is(readFileSync(file, 'utf8'), 'PRIVATE-TOKEN: glpat-abc');
  const shown = await host.dokku(['builds:notify', 'shown']);
  t.regex(shown.stdout, /Header: +PRIVATE-TOKEN\n/);
  t.false(shown.stdout.includes('glpat'));
  for (const bad of ['Bearer abc', 'Host: evil', 'X: a\r\nY: b', 'Content-Length: 0', 'X:y', ': y', 'X: ü']) {
    const { code, stderr } = await host.dokku(['builds:set', 'shown', 'notify-header', bad]);
    t.is(code, 1, bad);
    t.regex(stderr, /^ ! {5}Invalid notify-header: /);
    t.false(stderr.includes('evil'));
  }
  t.is((await host.dokku(['builds:set', 'shown', 'notify-format', 'smoke'])).code, 1);
});
