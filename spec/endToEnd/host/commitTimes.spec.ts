import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

import test from 'ava';

import { commitTimes } from '../../../host/dokku/commitTimes';
import { temporaryDirectory } from '../../temporaryHost';

const UNKNOWN = '1'.repeat(40);

test('commits of a repository have the time of their committer; others are ignored', (t) => {
  const repository = join(temporaryDirectory(t), 'shop');
  const env = {
    ...process.env,
    ...{ GIT_AUTHOR_NAME: 'ann', GIT_AUTHOR_EMAIL: 'ann@example.org', GIT_AUTHOR_DATE: '2026-04-01T00:00:00Z' },
    ...{
      GIT_COMMITTER_NAME: 'ben',
      GIT_COMMITTER_EMAIL: 'ben@example.org',
      GIT_COMMITTER_DATE: '2026-04-30T13:50:00Z',
    },
  };
  const git = (...args: string[]): string =>
    execFileSync('git', ['-C', repository, ...args], { env, encoding: 'utf8' }).trim();
  execFileSync('git', ['init', '--quiet', '--bare', repository]);
  const tree = execFileSync('git', ['-C', repository, 'mktree'], { input: '', encoding: 'utf8' }).trim();
  const commit = git('commit-tree', '-m', 'first', tree);
  const times = commitTimes(repository, [UNKNOWN, commit, '--all', tree]);
  t.deepEqual([...times], [[commit, Date.parse('2026-04-30T13:50:00Z')]]);
});

test('without a repository nothing is known', (t) => {
  t.is(commitTimes(temporaryDirectory(t), [UNKNOWN]).size, 0);
  t.is(commitTimes('/nonexistent', [UNKNOWN]).size, 0);
});
