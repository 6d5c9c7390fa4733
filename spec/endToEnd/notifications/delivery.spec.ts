import { readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import test from 'ava';
import { ulid } from 'ulid';

import { signature } from '../../../subscribers/notifications/webhook/webhook';
import { expectSuccess, script } from '../../../scripts/sandbox/host';
import { type Notified, record, SECRET, stored, withHost } from './notified';
import { assertValid } from '../schema/schemas';
import type { Received } from './receiver';

/** The next trigger after something: the deploy's end is told more than once. */
async function nextTrigger({ host }: Notified, id: string): Promise<void> {
  expectSuccess(await host.trigger('builds-record-finalize', ['shop', id, '1']));
}

/** A deploy fails, and the deliverer is killed after its request has come. `pid` is that of the deliverer. */
async function killWhileSending({
  host,
  receiver,
  deliverer,
  kill,
}: Notified): Promise<{ first: Received; pid: number | undefined }> {
  await record(host, 'broken', 1);
  const first = await receiver.request(1);
  const pid = deliverer();
  kill();
  await first.closed;
  return { first, pid };
}

test('a failed deploy is posted: signed, with its event, its record, the end of its log, and what to do', async (t) => {
  await withHost([], async ({ host, receiver, delivered }) => {
    const deploy = host.process();
    expectSuccess(await host.trigger('builds-record-start', ['shop', 'broken', String(deploy.pid), 'git-hook']));
    const lines = Array.from({ length: 100 }, (_, n) => `line ${n}`);
    const progress = 'pulling 1 %\rpulling 100 %\u001b[K';
    host.write(host.file('shop', 'broken.log'), [...lines, progress, '\u001b[31mError: boom\u001b[0m', ''].join('\n'));
    expectSuccess(await host.trigger('builds-record-finalize', ['shop', 'broken', '3']));
    const { json, body, headers } = await receiver.request(1);
    assertValid(t, 'notification', json);
    const event = json['event'] as Record<string, unknown>;
    t.like(json, { on: 'failed', app: 'shop', build: 'broken', id: event['id'], attempt: 1, error: 'Error: boom' });
    t.like(event, { seq: 2, type: 'BuildFinished', app: 'shop', status: 'failed', exit_code: 3, cause: 'exit' });
    t.deepEqual(json['record'], host.record('shop', 'broken'));
    const log = json['log'] as { lines: string[]; cut: boolean };
    t.is(log.lines.length, 50);
    t.true(log.cut);
    t.deepEqual(log.lines.slice(-3), ['line 99', 'pulling 100 %', 'Error: boom']); // as a terminal shows it
    t.regex(String(json['text']), /^shop: build broken failed with exit code 3 after \d+s$/);
    t.like(json['commands'], { output: 'dokku builds:output shop broken', rebuild: 'dokku ps:rebuild shop' });
    t.is(headers['x-dokku-builds-delivery'], String(event['id']));
    t.is(headers['x-dokku-builds-event'], 'failed');
    t.is(headers['x-dokku-builds-signature'], signature(SECRET, Buffer.from(body)));
    await delivered();
    t.is(receiver.received.length, 1);
  });
});

test('a failed image build, whose end nobody reports, is posted to whom asks for failures', async (t) => {
  await withHost([], async ({ host, receiver }) => {
    await host.push('shop', { build: script('echo "Error: boom"', 'exit 3') });
    const { json } = await receiver.request(1);
    t.like(json, { on: 'abandoned', app: 'shop', error: 'Error: boom' });
    t.like(json['record'], { status: 'failed' });
    t.regex(String(json['text']), /^shop: build \S+ failed after \d+s \(ended without reporting\)$/);
  });
});

test('notify-on chooses what is posted, with the time of the event and the chosen number of lines', async (t) => {
  await withHost([], async ({ host, receiver, delivered }) => {
    await record(host, 'one', 0);
    await delivered();
    await host.dokku(['builds:set', 'shop', 'notify-on', 'started,succeeded,canceled,abandoned']);
    await host.dokku(['builds:set', '--global', 'notify-log-lines', '0']);
    await record(host, 'two', 0);
    await record(host, 'three', 1);
    const dead = host.process();
    expectSuccess(await host.trigger('builds-record-start', ['shop', 'four', String(dead.pid), 'git-hook']));
    dead.signal('SIGKILL');
    await dead.finished;
    expectSuccess(await host.dokku(['builds:prune', 'shop']));
    await receiver.request(5);
    await delivered();
    const told = receiver.received.map(({ json }) => `${String(json['on'])} ${String(json['build'])}`).sort();
    t.deepEqual(told, ['abandoned four', 'started four', 'started three', 'started two', 'succeeded two']);
    for (const { json } of receiver.received) t.is(json['log'], null);
  });
});

test('a prune over all apps notifies of dead builds, also from its threads', async (t) => {
  await withHost([], async ({ host, receiver }) => {
    await host.createApp('blog');
    await host.dokku(['builds:set', '--global', 'notify-url', receiver.url]);
    await host.dokku(['builds:set', '--global', 'notify-on', 'abandoned']);
    for (const app of ['shop', 'blog']) {
      const dead = host.process();
      expectSuccess(await host.trigger('builds-record-start', [app, `${app}1`, String(dead.pid), 'git-hook']));
      dead.signal('SIGKILL');
      await dead.finished;
    }
    expectSuccess(await host.dokku(['builds:prune', '--all-apps', '--parallel', '2']));
    await receiver.request(2);
    const told = receiver.received.map(({ json }) => `${String(json['on'])} ${String(json['build'])}`).sort();
    t.deepEqual(told, ['abandoned blog1', 'abandoned shop1']);
  });
});

test('a cancel is posted as a cancel', async (t) => {
  await withHost([], async ({ host, receiver }) => {
    await host.dokku(['builds:set', 'shop', 'notify-on', 'canceled,failed,succeeded']);
    const gate = host.gate();
    await host.commit('shop', { build: script(gate.announced('building')) });
    const deploy = await host.startDeploy('shop', ['ps:rebuild', 'shop'], 'building');
    expectSuccess(await host.dokku(['builds:cancel', 'shop']));
    const { json } = await receiver.request(1);
    t.like(json, { on: 'canceled', build: deploy.build });
    t.like(json['event'], { type: 'BuildCanceled', signal: 'SIGQUIT' });
    await deploy.finished;
  });
});

for (const [what, answer] of [
  ['answers 500', 500],
  ['redirects', 'redirect'],
  ['closes early', 'close'],
] as const) {
  test(`a receiver that ${what} is asked again, by the same id, until it takes the message`, async (t) => {
    await withHost([answer], async (notified) => {
      const { host, receiver, delivered } = notified;
      await record(host, 'broken', 1);
      const first = await receiver.request(1);
      const second = await receiver.request(2);
      t.is(second.path, receiver.path);
      t.is(second.json['id'], first.json['id']);
      t.deepEqual([first.json['attempt'], second.json['attempt']], [1, 2]);
      t.is(second.headers['x-dokku-builds-signature'], signature(SECRET, Buffer.from(second.body)));
      await delivered();
      t.deepEqual(notified.waiting(), []);
    });
  });
}

/** A receiver that never answers. */
const silent = () => 'hang' as const;

test('a receiver that never answers delays no deploy', async (t) => {
  await withHost([silent], async ({ host, receiver }) => {
    t.is((await host.push('shop', { build: script('exit 1') })).code, 1);
    await receiver.request(1);
    t.is((await host.push('shop', { build: script('echo fine') })).code, 0);
    t.is(receiver.answered(), 0);
  });
});

test('a receiver that does not answer is tried again after a while', async (t) => {
  await withHost(['hang'], async ({ host, receiver, delivered }) => {
    await record(host, 'broken', 1);
    const hanging = await receiver.request(1);
    await hanging.closed;
    t.is((await receiver.request(2)).json['id'], hanging.json['id']);
    await delivered();
  });
});

test('a receiver that hangs does not hold up another one', async (t) => {
  const answer = ({ path }: Received) => (path.endsWith('/blog') ? 200 : 'hang');
  await withHost([answer], async ({ host, receiver }) => {
    await host.createApp('blog');
    await host.dokku(['builds:set', 'blog', 'notify-url', `${receiver.url}/blog`]);
    await record(host, 'first', 1);
    await receiver.request(1);
    await record(host, 'second', 1, 'blog');
    const { json } = await receiver.find(({ path }) => path.endsWith('/blog'));
    t.like(json, { app: 'blog', build: 'second' });
  });
});

test('many that wait reach a receiver while another one hangs', async (t) => {
  const count = process.env['SOAK'] === '1' ? 10_000 : 500;
  await withHost([({ path }) => (path.endsWith('/blog') ? 'hang' : 200)], async ({ host, receiver }) => {
    await host.createApp('blog');
    await host.dokku(['builds:set', 'blog', 'notify-url', `${receiver.url}/blog`]);
    const at = Date.now();
    const ids = ['blog', 'shop'].map((app) =>
      Array.from({ length: count }, (_, seq) => {
        const notification = { app, id: ulid(), seq, build: `b${seq}`, type: 'BuildFinished', on: 'failed', event: {} };
        const queued = { target: 'receiver', notification, at, attempts: 0, next: at };
        host.write(join(host.paths.builds, '.notify', `${notification.id}.receiver`), JSON.stringify(queued));
        return notification.id;
      }),
    );
    const forShop = () => receiver.received.filter(({ path }) => path === receiver.path);
    await record(host, 'new', 1);
    await receiver.find(() => forShop().length > count);
    t.log(`${Math.round(count / ((Date.now() - at) / 1000))} a second`);
    t.true(ids[1]?.every((id) => forShop().some(({ json }) => json['id'] === id)));
    t.is(receiver.answered(), forShop().length);
  });
});

test('the deliverer holds nothing of the deploy that started it: not its lock, not its output', async (t) => {
  await withHost(['hang'], async ({ host, receiver, deliverer }) => {
    await host.push('shop', { build: script('exit 1') });
    await receiver.request(1);
    const descriptors = `/proc/${deliverer() ?? 0}/fd`;
    const held = readdirSync(descriptors).map((fd) => {
      try {
        return readlinkSync(join(descriptors, fd));
      } catch {
        return ''; // it has been closed since
      }
    });
    t.deepEqual(
      held.filter((path) => path.includes('.deploy.lock') || path.endsWith('.log')),
      [],
    );
    for (const stream of ['0', '1', '2']) t.is(readlinkSync(join(descriptors, stream)), '/dev/null');
  });
});

test('a message that a killed deliverer was about to send is sent by the next one', async (t) => {
  await withHost(['hang'], async (notified) => {
    const { receiver } = notified;
    const { first, pid } = await killWhileSending(notified);
    t.is(notified.waiting().length, 1);
    await nextTrigger(notified, 'broken');
    t.is((await receiver.request(2)).json['id'], first.json['id']);
    t.not(notified.deliverer(), pid);
    await notified.delivered();
    t.deepEqual(notified.waiting(), []);
  });
});

test('after a reboot a process that has the pid of the deliverer is not taken for it', async (t) => {
  await withHost(['hang'], async (notified) => {
    const { host, receiver } = notified;
    const { first } = await killWhileSending(notified);
    const bootId = '00000000-0000-4000-8000-000000000000';
    writeFileSync(join(host.paths.builds, '.notify', 'deliverer'), JSON.stringify({ pid: process.pid, bootId }));
    await nextTrigger(notified, 'broken');
    t.is((await receiver.request(2)).json['id'], first.json['id']);
  });
});

test('one process delivers, however many are started', async (t) => {
  await withHost(['hang'], async (notified) => {
    const { host, receiver } = notified;
    await record(host, 'broken', 1);
    await receiver.request(1);
    const pid = notified.deliverer();
    const others = [1, 2, 3].map(() =>
      host.run([join(host.paths.plugins, 'enabled/builds/bin/dokku-builds'), 'builds-deliver']),
    );
    for (const other of await Promise.all(others)) t.like(other, { code: 0, stdout: '', stderr: '' });
    t.is(notified.deliverer(), pid);
  });
});

for (const [what, before] of [
  ['the first event of an app', undefined],
  ['an event', 1],
] as const) {
  test(`${what} whose writer was killed before it was queued is queued by the app's next trigger`, async (t) => {
    await withHost([], async (notified) => {
      const { host, receiver } = notified;
      const position = host.file('shop', '.queued-up-to');
      const deploy = host.process();
      expectSuccess(await host.trigger('builds-record-start', ['shop', 'broken', String(deploy.pid), 'git-hook']));
      await notified.delivered();
      const afterStart = readFileSync(position);
      expectSuccess(await host.trigger('builds-record-finalize', ['shop', 'broken', '1']));
      const { json } = await receiver.request(1);
      await notified.delivered();
      // As if nothing after the append had happened.
      if (before === undefined) rmSync(position);
      else writeFileSync(position, afterStart);
      await nextTrigger(notified, 'broken');
      t.is((await receiver.request(2)).json['id'], json['id']);
      await notified.delivered();
      t.is(receiver.received.length, 2);
      t.like(JSON.parse(readFileSync(position, 'utf8')), { seq: 2 });
    });
  });
}

test('what happened before the url was set is not sent', async (t) => {
  await withHost([], async (notified) => {
    const { host, receiver } = notified;
    await host.dokku(['builds:set', 'shop', 'notify-url']);
    await record(host, 'before', 1);
    await host.dokku(['builds:set', 'shop', 'notify-url', receiver.url]);
    await record(host, 'after', 1);
    t.like((await receiver.request(1)).json, { build: 'after' });
    await notified.delivered();
    t.is(receiver.received.length, 1);
  });
});

test('a receiver that answers 429 is left alone for as long as it says', async (t) => {
  const later = { status: 429, headers: { 'Retry-After': '5' } };
  await withHost([later], async ({ host, receiver, delivered }) => {
    await record(host, 'one', 1);
    await receiver.request(1);
    const from = Date.now();
    await record(host, 'two', 1);
    await receiver.request(2);
    t.true(Date.now() - from > 4000);
    await delivered();
    const sent = receiver.received.map(({ json }) => String(json['build']));
    t.deepEqual(sent.sort(), ['one', 'one', 'two']);
  });
});

test('a receiver that answers 410 gets no notification until the url is set again, and builds:notify says so', async (t) => {
  await withHost([410], async ({ host, receiver, delivered, waiting }) => {
    await record(host, 'one', 1);
    await receiver.request(1);
    await delivered();
    t.deepEqual(waiting(), []);
    await record(host, 'two', 1);
    await delivered();
    t.is(receiver.received.length, 1);
    const { code, stderr } = await host.dokku(['builds:notify', 'shop']);
    t.is(code, 0);
    t.regex(
      stderr,
      /^ ! {5}The receiver answered 410 Gone at \S+Z: nothing is posted to it until notify-url is set again/,
    );
    t.regex(stderr, /^ ! {5}Gave up on a notification, .*build one failed.*: the answer was 410 Gone$/m);
    await host.dokku(['builds:set', 'shop', 'notify-url', receiver.url]);
    t.is((await host.dokku(['builds:notify', 'shop'])).stderr, '');
    await record(host, 'three', 1);
    t.like((await receiver.request(2)).json, { build: 'three' });
  });
});

test('a message is given up when it is a day old, and builds:report says so until somebody sees to it', async (t) => {
  await withHost(['hang', 500], async (notified) => {
    const { host, receiver } = notified;
    const quiet = await host.dokku(['builds:report', 'shop']);
    t.is(quiet.stderr, '');
    await killWhileSending(notified);
    for (const { path, content } of stored(notified)) {
      writeFileSync(path, JSON.stringify({ ...content, at: Number(content['at']) - 25 * 60 * 60 * 1000 }));
    }
    await nextTrigger(notified, 'broken');
    await receiver.request(2);
    await notified.delivered();
    t.deepEqual(notified.waiting(), []);
    const report = await host.dokku(['builds:report', 'shop']);
    t.is(report.code, 0);
    t.deepEqual(report.stdout.split('\n').length, quiet.stdout.split('\n').length);
    t.regex(report.stderr, /^ ! {5}shop: Gave up on a notification, .*build broken failed.*: the answer was 500 /);
    t.is((await host.dokku(['builds:notify', 'shop', '--test'])).code, 0);
    t.is((await host.dokku(['builds:report', 'shop'])).stderr, '');
  });
});

test('messages of an app that has no receiver any more are dropped', async (t) => {
  await withHost(['hang'], async (notified) => {
    const { host, receiver } = notified;
    await killWhileSending(notified);
    await host.dokku(['builds:set', 'shop', 'notify-url']);
    await nextTrigger(notified, 'broken');
    await notified.delivered();
    t.deepEqual(notified.waiting(), []);
    t.is(receiver.received.length, 1);
  });
});

test('an app without a receiver of its own uses the global one, with the global secret alone', async (t) => {
  await withHost([], async ({ host, receiver }) => {
    await host.createApp('blog');
    await host.dokku(['builds:set', '--global', 'notify-url', `${receiver.url}/global`]);
    await host.dokku(['builds:set', 'blog', 'notify-secret', SECRET]);
    await record(host, 'first', 1, 'blog');
    const { path, headers } = await receiver.request(1);
    t.is(path, `${receiver.path}/global`);
    t.false('x-dokku-builds-signature' in headers);
  });
});
