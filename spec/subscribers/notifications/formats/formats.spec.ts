import test from 'ava';
import fc from 'fast-check';

import { parseAppName, parseBuildId } from '../../../../host/dokku/names';
import { type FormatName, formats, type Post } from '../../../../subscribers/notifications/formats/format';
import { type Message, messageOf } from '../../../../subscribers/notifications/formats/message';
import type { Notification } from '../../../../subscribers/notifications/notification';
import { occasions } from '../../../../subscribers/notifications/settings';
import { rules } from '../../../endToEnd/notifications/receiverRules';

const REVISION = 'a9993e364706816aba3e25717850c26c9cd0d89d';

const failed: Message = {
  on: 'failed',
  app: parseAppName('my_shop'),
  host: 'dokku.example.com',
  build: parseBuildId('b1'),
  text: 'my_shop: build b1 failed with exit code 137 after 1m14s',
  why: 'npm ERR! <missing> & `quoted` @channel - killed, often out of memory',
  who: 'ann (key ann-laptop)',
  revision: REVISION,
  duration: '1m14s',
  command: 'dokku builds:output my_shop b1',
  startedAt: Date.parse('2026-04-30T13:50:00Z'),
  finishedAt: Date.parse('2026-04-30T13:51:14Z'),
};

const URLS: Readonly<Partial<Record<FormatName, string>>> = {
  github: 'https://api.github.com/repos/acme/shop/statuses',
  gitea: 'https://git.example/api/v1/repos/acme/shop/statuses/',
  gitlab: 'https://gitlab.com/api/v4/projects/7/statuses',
};

type Named = keyof typeof formats;
const names = Object.keys(formats) as Named[];

function format(name: Named, message: Message): Post | undefined {
  return formats[name](message, new URL(URLS[name] ?? 'https://receiver.example/hook?key=1'));
}

/** What the receiver of the format finds wrong. */
function complaint(name: Named, post: Post): string | undefined {
  const headers = { authorization: 'Bearer token', 'content-type': post.contentType };
  const own = Object.entries(post.headers ?? {}).map(([key, value]) => [key.toLowerCase(), value]);
  return rules[name]({
    path: post.url.pathname,
    headers: { ...headers, ...(Object.fromEntries(own) as Record<string, string>) },
    body: post.body,
  });
}

test('each receiver takes a message about each occasion', (t) => {
  for (const name of names) {
    for (const on of occasions) {
      const post = format(name, { ...failed, on });
      t.is(post && complaint(name, post), undefined, `${name} ${on}`);
      t.truthy(post, `${name} ${on}`);
    }
  }
});

test('a message says app, what happened, why, who, commit, duration, and the command that shows more', (t) => {
  for (const name of names) {
    if (['github', 'gitea', 'gitlab'].includes(name)) continue; // the commit is in the url, the rest has no room
    const body = format(name, failed)?.body ?? '';
    for (const part of [
      'shop: build b1 failed',
      'npm ERR!',
      'often out of memory',
      'ann (key ann-laptop)',
      REVISION,
      '1m14s',
      'dokku builds:output my_shop b1',
    ])
      t.true(body.includes(part) || body.replaceAll('\\\\', '').includes(part), `${name}: ${part}`);
  }
});

test('a commit status is posted to the address of the commit, and not at all without one', (t) => {
  const { revision: _, ...without } = failed;
  for (const name of ['github', 'gitea', 'gitlab'] as const) {
    t.is(format(name, failed)?.url.href, `${URLS[name]?.replace(/\/$/, '') ?? ''}/${REVISION}`);
    t.is(format(name, without), undefined);
  }
  const states = (name: Named) =>
    occasions.map((on) => (JSON.parse(format(name, { ...failed, on })?.body ?? '{}') as { state: string }).state);
  t.deepEqual(states('github'), ['pending', 'success', 'failure', 'error', 'error']);
  t.deepEqual(states('gitea'), ['pending', 'success', 'failure', 'error', 'error']);
  t.deepEqual(states('gitlab'), ['running', 'success', 'failed', 'canceled', 'failed']);
});

test('nothing that a log says mentions anybody or is a link', (t) => {
  const evil = { ...failed, why: '<!channel> <https://evil.example|here> ` @everyone' };
  const [slack] = (
    JSON.parse(format('slack', evil)?.body ?? '{}') as { attachments: { fields: { value: string }[] }[] }
  ).attachments;
  t.is(slack?.fields[0]?.value, "`&lt;!channel&gt; &lt;https://evil.example|here&gt; ' @everyone`");
  const discord = JSON.parse(format('discord', evil)?.body ?? '{}') as { allowed_mentions: object };
  t.deepEqual(discord.allowed_mentions, { parse: [] });
  t.true(format('grafana', { ...failed, why: '<img src=x>' })?.body.includes('&lt;img src=x&gt;'));
});

test('the name of a key mentions nobody, and is not markup, above an attachment either', (t) => {
  const above = (text: string): string | undefined =>
    (JSON.parse(format('slack', { ...failed, text })?.body ?? '{}') as { attachments: { pretext: string }[] })
      .attachments[0]?.pretext;
  const started = 'my_shop: build b1 started from git-hook by root (key ';
  for (const [key, shown] of [
    ['@channel', '@\u200bchannel'],
    ['ann@laptop', 'ann@\u200blaptop'],
    ['<!here>', '&lt;!here&gt;'],
    ['`x` *b* _i_ ~s~ [a](b) #h a|b \\', "'x' 'b' 'i_ 's' 'a'(b) 'h a'b '"],
  ] as const)
    t.is(above(`${started}${key})`), `${started}${shown})`);
});

const notification: Notification = {
  app: failed.app,
  id: '01J0000000000000000000000A',
  seq: 2,
  build: parseBuildId('b1'),
  type: 'BuildFinished',
  status: 'failed',
  on: 'failed',
  text: failed.text,
  event: {},
  actor: { user: 'ann', key: 'ann\u0007laptop' },
  duration: '1m14s',
  seconds: 74,
  record: {
    id: 'b1',
    app: 'my_shop',
    kind: 'build',
    pid: 1,
    started_at: '2026-04-30T13:50:00Z',
    finished_at: '2026-04-30T13:51:14Z',
    status: 'failed',
    source: 'git-hook',
    exit_code: 137,
  },
};

test('the reason is the last error of the log and the meaning of the exit code, or only the meaning without a log', (t) => {
  const sending = { host: 'h', now: 0, attempt: 1 };
  const lines = ['Error: ENOSPC: no space left on device', ' !     App build failed'];
  const withLog = messageOf(notification, { ...sending, log: { lines, cut: false } });
  t.is(withLog.why, 'Error: ENOSPC: no space left on device - exit code 137: killed, often out of memory');
  t.is(withLog.who, String.raw`ann (key ann\x07laptop)`);
  t.is(withLog.startedAt, failed.startedAt);
  t.is(messageOf(notification, sending).why, 'exit code 137: killed, often out of memory');
  t.is(messageOf({ ...notification, on: 'succeeded' }, { ...sending, log: { lines, cut: false } }).why, undefined);
});

test('each receiver takes whatever a log, a key or a host name says, however long', (t) => {
  const anything = fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.constantFrom('error: '.repeat(10_000), '😀'.repeat(5000), 'fatal: `*_~<!channel>'),
  );
  fc.assert(
    fc.property(fc.constantFrom(...names), fc.constantFrom(...occasions), anything, anything, (name, on, said, key) => {
      const log = { lines: [`error: ${said}`], cut: false };
      const about = { ...notification, on, revision: REVISION, text: `my_shop: ${said}`, actor: { key } };
      const post = format(name, messageOf(about, { host: 'dokku.example.com', now: 0, attempt: 1, log }));
      t.is(post && complaint(name, post), undefined, name);
      const body = post?.body ?? '';
      t.is(Buffer.from(body).toString(), body); // no half of a surrogate pair
    }),
  );
});
