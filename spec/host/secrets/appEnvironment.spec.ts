import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import test from 'ava';

import { Failure } from '../../../host/failure';
import { parseEnvironment, readAppEnvironment } from '../../../host/secrets/appEnvironment';
import { createApp, temporaryHost } from '../../temporaryHost';

const values = (text: string) => Object.fromEntries(parseEnvironment(text).map(({ name, value }) => [name, value]));

test('a value is read as a shell reads it, in whatever quotes', (t) => {
  const text = [
    "export SINGLE='two words'",
    String.raw`export APOSTROPHE='it'\''s'`,
    String.raw`export DOUBLE="a \"b\" \$c \\ d"`,
    String.raw`export ANSI=$'tab\there\x21\041 \u00e9'`,
    String.raw`export ESCAPED=two\ words`,
    'PLAIN=abc=def#ghi',
    'export EMPTY=',
    "export LINES='one",
    "two'",
    'export LAST=$5',
  ].join('\n');
  t.deepEqual(values(text), {
    SINGLE: 'two words',
    APOSTROPHE: "it's",
    DOUBLE: 'a "b" $c \\ d',
    ANSI: 'tab\there!! é',
    ESCAPED: 'two words',
    PLAIN: 'abc=def#ghi',
    EMPTY: '',
    LINES: 'one\ntwo',
    LAST: '$5',
  });
});

test('what is not an assignment is ignored, and a quote that is not closed ends with the file', (t) => {
  t.deepEqual(values("# comment\nfi\n\nA=1 B=2\nunset C\nexport D='open\nE=3"), { A: '1', D: 'open\nE=3' });
});

test('the environment of an app is its own and the global one; no file is an empty one', (t) => {
  const host = temporaryHost(t);
  const app = createApp(host, 'shop');
  t.deepEqual(readAppEnvironment(host, app), []);
  writeFileSync(join(host.dokkuRoot, 'shop', 'ENV'), "export A='own'\n");
  writeFileSync(join(host.dokkuRoot, 'ENV'), "export B='global'\n");
  t.deepEqual(readAppEnvironment(host, app), [
    { name: 'A', value: 'own' },
    { name: 'B', value: 'global' },
  ]);
});

test('an environment that is a link, a directory or too large cannot be read', (t) => {
  const host = temporaryHost(t);
  mkdirSync(join(host.dokkuRoot, 'dir', 'ENV'), { recursive: true });
  const [linked, large] = [createApp(host, 'linked'), createApp(host, 'large')];
  symlinkSync('/etc/hostname', join(host.dokkuRoot, 'linked', 'ENV'));
  writeFileSync(join(host.dokkuRoot, 'large', 'ENV'), 'x'.repeat(1024 * 1024 + 1));
  for (const app of [linked, large, 'dir' as typeof linked])
    t.throws(() => readAppEnvironment(host, app), { instanceOf: Failure }, app);
});
