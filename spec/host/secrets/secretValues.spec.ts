import test from 'ava';
import fc from 'fast-check';

import { maskPrinted } from '../../../host/secrets/mask';
import { secretValues } from '../../../host/secrets/secretValues';
import { readPrinted, textOf } from '../../../host/terminal/printed';

const of = (name: string, value: string) => secretValues([{ name, value }]);

test('a value is a secret because of its name', (t) => {
  const secret = [
    ...[
      'API_KEY',
      'SECRET_KEY_BASE',
      'token',
      'DbPassword',
      'SENTRY_DSN',
      'AWS_CREDENTIALS',
      'SMTP_PASS',
      'BASIC_AUTH',
    ],
    ...['PRIVATE_PEM', 'SLACK_WEBHOOK', 'GITHUB_PAT', 'PGPASSWORD', 'AZURE_CONNECTION_STRING'],
  ];
  for (const name of secret) t.is(of(name, 'hunter2')[0], 'hunter2', name);
  for (const name of ['RAILS_ENV', 'AUTHOR', 'PATH', 'COMPASS', 'DOKKU_PROXY_PORT_MAP'])
    t.deepEqual(of(name, 'hunter2'), [], name);
});

test('a value of fewer than six characters is none', (t) => {
  t.deepEqual(of('API_KEY', '12345'), []);
  t.is(of('API_KEY', '123456')[0], '123456');
});

test('a url with a password is a secret under any name, and so is the password in it', (t) => {
  t.deepEqual(of('DATABASE_URL', 'postgres://shop:p4ss-word@db:5432/shop').slice(0, 1), [
    'postgres://shop:p4ss-word@db:5432/shop',
  ]);
  t.true(of('DATABASE_URL', 'postgres://shop:p4ss-word@db:5432/shop').includes('p4ss-word'));
  t.true(of('DATABASE_URL', 'postgres://shop:a%2Fb%20c%40d@db/shop').includes('a/b c@d'));
  t.true(of('DATABASE_URL', 'mysql://shop:pa/ss#wd@db/shop').includes('pa/ss#wd'));
  t.true(of('REPOSITORY', 'https://ghp_0123456789abcdef@github.com/acme/shop').includes('ghp_0123456789abcdef'));
  for (const value of [
    'https://example.com/path',
    'postgres://shop@db/shop',
    'no url: a@b',
    'https://shop.example:8080',
  ])
    t.deepEqual(of('SOME_URL', value), [], value);
});

test('a secret is also known in percent-encoding, and as JSON writes it', (t) => {
  const forms = of('API_KEY', 'a"b c/d').slice(0, 3);
  t.deepEqual(forms, ['a"b c/d', 'a%22b%20c%2Fd', String.raw`a\"b c/d`]);
});

test('of a secret of several lines, all of it and each line of at least six characters is known', (t) => {
  const [whole, ...lines] = of('SSH_KEY', '-----BEGIN-----\nabcdefgh\nxyz\n-----END-----\n');
  t.is(whole, '-----BEGIN-----abcdefghxyz-----END-----');
  for (const line of ['-----BEGIN-----', 'abcdefgh', '-----END-----']) t.true(lines.includes(line), line);
  t.false(lines.includes('xyz'));
});

/** What is left of `log` if `value` is a secret. */
function masked(value: string, log: string): string {
  const values = of('API_KEY', value);
  return maskPrinted({ values, patterns: [] }, readPrinted(log), false).map(textOf).join('\n');
}

test('a secret in Base64 is masked, alone and whatever is encoded before and behind it', (t) => {
  t.is(masked('hunter2-hunter2', `password: ${Buffer.from('hunter2-hunter2').toString('base64')}\n`), 'password: ***');
  const pem = '-----BEGIN KEY-----\nabcdefgh\n-----END KEY-----\n';
  t.is(masked(pem, `tls.key: ${Buffer.from(pem).toString('base64')}`), 'tls.key: ***');
  t.is(masked('postgres://shop:pa/ss#wd@db/shop', Buffer.from('pa/ss#wd').toString('base64')), '***');
  const text = fc.string({ unit: 'grapheme' });
  fc.assert(
    fc.property(text, fc.string({ unit: 'grapheme', minLength: 6 }), text, (before, secret, behind) => {
      fc.pre(Buffer.byteLength(secret) >= 6);
      const bytes = [before, secret, behind].map((part) => Buffer.byteLength(part));
      for (const encoding of ['base64', 'base64url'] as const) {
        const left = masked(secret, Buffer.from(before + secret + behind).toString(encoding));
        const most = Math.ceil(((bytes[0] ?? 0) * 8) / 6) + Math.ceil(((bytes[2] ?? 0) * 8) / 6) + '***==='.length;
        t.true(left.includes('***') && left.length <= most, left);
      }
    }),
  );
});
