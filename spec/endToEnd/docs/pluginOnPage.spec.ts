import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import test from 'ava';

import { createSandbox, expectSuccess } from '../../../scripts/sandbox/host';
import { record } from '../notifications/notified';
import { blocksOf } from './blocks';
import { installed, standIn } from './standIns';

const withJq = installed('jq', '--version') ? test : test.skip;

withJq('the plugin that docs/notifications.md shows logs each failed build (skipped without jq)', async (t) => {
  const [shown] = blocksOf('docs/notifications.md').filter(({ runBy }) => runBy === 'pluginOnPage.spec.ts');
  const host = await createSandbox();
  t.teardown(() => host.remove());
  const log = standIn(host, 'logger', 'cat >>"$0.log"; echo "$*" >>"$0.log"');
  await host.createApp('shop');
  host.addPlugin('my-plugin', { 'builds-event': `${shown?.lines.join('\n') ?? ''}\n` });
  for (const [id, exitCode] of [
    ['one', 0],
    ['two', 7],
  ] as const)
    await record(host, id, exitCode);
  expectSuccess(await host.run([join(host.paths.plugins, 'enabled/builds/bin/dokku-builds'), 'builds-deliver']));
  expectSuccess(await host.run(['flock', join(host.paths.builds, '.notify', 'deliverer'), 'true']));
  t.is(readFileSync(log, 'utf8'), 'shop: two ended with 7\n-t build-failures\n');
});
