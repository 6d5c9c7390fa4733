import { mkdirSync, readFileSync, renameSync, rmdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import test, { type ExecutionContext } from 'ava';

import { expectSuccess, type Sandbox, script } from '../../scripts/sandbox/host';
import { withHost } from './notifications/notified';
import type { Received } from './notifications/receiver';

const API_KEY = 'k3y-of-the-shop';
const PASSWORD = 'p4ss/word';
const DATABASE_URL = `postgres://shop:${encodeURIComponent(PASSWORD)}@db.internal/shop`;
const PATTERN = 'ticket-*';
const TICKET = 'ticket-4711';
const SECRETS = [API_KEY, PASSWORD, encodeURIComponent(PASSWORD), DATABASE_URL, TICKET];

const BUILD = script(
  ...[`printf 'key \\033[31mk3y-of\\033[0m-the-shop set\\n'`, `echo 'using ${DATABASE_URL}'`, `echo 'for ${TICKET}'`],
  ...[
    `echo 'fetch https://ann:hidden-one@git.internal/a'`,
    `echo 'Error: password "${PASSWORD}" refused' >&2`,
    'exit 1',
  ],
);

test('secrets of the environment and patterns are masked in notifications and pages, and stay in the log', async (t) => {
  await withHost([() => 200], async (notified) => {
    const { host, receiver } = notified;
    const config = ['config:set', '--no-restart', 'shop', `API_KEY=${API_KEY}`, `DATABASE_URL=${DATABASE_URL}`];
    expectSuccess(await host.dokku(config));
    const set = await host.dokku(['builds:set', 'shop', 'mask', '-'], { input: `${PATTERN}\n` });
    t.is(expectSuccess(set).stdout, '=====> Setting mask\n');
    t.is(statSync(join(host.paths.config, 'builds/shop/mask')).mode & 0o777, 0o600);
    expectSuccess(await host.dokku(['builds:set', 'shop', 'page', 'on']));
    await host.push('shop', { build: BUILD });
    const { body } = await receiver.find(({ json }) => json['on'] === 'abandoned');
    noSecretIn(t, body);
    const { error, log } = JSON.parse(body) as { error: string; log: { lines: string[] } };
    t.is(error, 'Error: password "***" refused');
    for (const line of ['key *** set', 'using ***', 'for ***', 'fetch https://ann:***@git.internal/a'])
      t.true(log.lines.includes(line), body);
    for (const format of ['text', 'slack', 'ntfy']) {
      expectSuccess(await host.dokku(['builds:set', 'shop', 'notify-format', format]));
      const { length } = receiver.received;
      await host.push('shop', { build: BUILD });
      const received = await receiver.request(length + 1);
      noSecretIn(t, received.body);
      t.regex(received.body, /\*\*\*/);
    }

    const id =
      (JSON.parse((await host.dokku(['builds:list', 'shop', '--format', 'json'])).stdout) as { id: string }[])[0]?.id ??
      '';
    const { stdout } = expectSuccess(await host.dokku(['builds:output', 'shop', id]));
    t.is(stdout, readFileSync(host.file('shop', `${id}.log`), 'utf8'));
    for (const secret of [DATABASE_URL, PASSWORD, TICKET]) t.true(stdout.includes(secret), secret);
    for (const page of [await pageOf(host), await keptPage(host)]) {
      noSecretIn(t, page);
      t.regex(page, /key <span class=text-\d>\*\*\*<\/span> set\nusing \*\*\*/);
    }

    t.true((await keptPage(host)).includes('refused'));
    expectSuccess(await host.dokku(['builds:set', '--global', 'mask', 'refused']));
    t.false((await keptPage(host)).includes('refused')); // though nothing has happened
  });
});

test('if the environment or a pattern cannot be read, no line of a log leaves the host, and a warning says so', async (t) => {
  await withHost([() => 200], async (notified) => {
    const { host, receiver } = notified;
    const environment = join(host.paths.dokkuRoot, 'shop', 'ENV');
    mkdirSync(environment); // whoever it is, root too, cannot read this
    await host.push('shop', { build: BUILD });
    const { json } = await receiver.find((received) => received.json['on'] === 'abandoned');
    leftOut(t, json);
    noLineIn(t, JSON.stringify(json));
    const page = await pageOf(host);
    noLineIn(t, page);
    t.regex(page, /The log is left out, because secrets in it could not be masked: [^<]* is not a regular file/);

    rmdirSync(environment);
    t.regex(await pageOf(host), /password &quot;|password "/);
    const stored = join(host.paths.config, 'builds/shop/mask');
    writeFileSync(`${stored}.new`, '*');
    renameSync(`${stored}.new`, stored);
    noLineIn(t, await pageOf(host));
  });
});

function noSecretIn(t: ExecutionContext, text: string): void {
  for (const secret of [...SECRETS, 'hidden-one']) t.false(text.includes(secret), secret);
  t.false(text.includes('-the-shop'));
}

function noLineIn(t: ExecutionContext, text: string): void {
  t.false(text.includes('refused'));
}

function leftOut(t: ExecutionContext, json: Received['json']): void {
  t.like(json, { log: null, error: null });
  t.regex(String(json['log_left_out']), /^The log is left out, because secrets in it could not be masked: /);
}

async function pageOf(host: Sandbox): Promise<string> {
  return expectSuccess(await host.dokku(['builds:page', 'shop'])).stdout;
}

/** The page file, after whoever brings it up to date has done so. */
async function keptPage(host: Sandbox): Promise<string> {
  const { paths } = host;
  const program = join(paths.plugins, 'enabled/builds/bin/dokku-builds');
  const directory = join(paths.libRoot, 'data/builds-page');
  expectSuccess(await host.run([program, 'builds-update-pages']));
  expectSuccess(await host.run(['flock', join(directory, '.update/deliverer'), 'true']));
  return readFileSync(join(directory, 'apps/shop.html'), 'utf8');
}
