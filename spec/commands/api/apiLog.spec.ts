import { mkdirSync, writeFileSync } from 'node:fs';

import test from 'ava';

import { logStream } from '../../../commands/api/apiLog';
import { buildsDirectory, logPath } from '../../../host/dokku/paths';
import { buildOf } from '../../../journal/decider';
import type { BuildEvent } from '../../../journal/events';
import type { Build } from '../../../journal/history';
import { finished, started } from '../../journal/buildEvents';
import { createApp, temporaryHost } from '../../temporaryHost';

test('the log of a running build that is truncated goes on with what is written then', async (t) => {
  const host = temporaryHost(t);
  const app = createApp(host, 'myapp');
  mkdirSync(buildsDirectory(host, app), { recursive: true });
  const begun = started('b1', { process: { pid: process.pid } });
  const path = logPath(host, app, begun.build);
  writeFileSync(path, 'what was there before\n');
  let build = recorded(begun);
  const stream = logStream(host, app, build, () => build, {});
  let text = '';
  for await (const bytes of stream) {
    text += String(bytes);
    if (text.endsWith('before\n')) writeFileSync(path, 'again\n');
    else build = recorded(begun, finished('b1'));
  }
  t.is(text, 'what was there before\nagain\n');
});

function recorded(...events: BuildEvent[]): Build {
  const build = buildOf(events);
  if (build === undefined) throw new Error('These events begin no build');
  return build;
}
