import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import test, { type ExecutionContext } from 'ava';

import { asRevision, revisionOf } from '../../../host/dokku/revision';
import { temporaryDirectory } from '../../temporaryHost';

function git(directory: string, ...args: string[]): string {
  const identity = ['-c', 'user.name=x', '-c', 'user.email=x@example.org'];
  return execFileSync('git', ['-C', directory, ...identity, ...args], { encoding: 'utf8' }).trim();
}

function repository(t: ExecutionContext): { path: string; revision: string } {
  const path = temporaryDirectory(t);
  git(path, 'init', '--quiet', '--bare', '--initial-branch=main');
  const tree = git(path, 'hash-object', '-t', 'tree', '-w', '/dev/null');
  const revision = git(path, 'commit-tree', tree, '-m', 'first');
  git(path, 'update-ref', 'refs/heads/main', revision);
  return { path, revision };
}

test('a repository with one branch is at its revision, packed or not', (t) => {
  const { path, revision } = repository(t);
  t.is(revisionOf(path), revision);
  git(path, 'pack-refs', '--all');
  t.is(revisionOf(path), revision);
});

test('with two branches or none the deployed revision is unknown', (t) => {
  const { path, revision } = repository(t);
  git(path, 'update-ref', 'refs/heads/other', revision);
  t.is(revisionOf(path), undefined);
  git(path, 'pack-refs', '--all');
  t.is(revisionOf(path), undefined);
  rmSync(join(path, 'packed-refs'));
  t.is(revisionOf(path), undefined);
});

test('a directory that is not a repository, or a link elsewhere, has no revision', (t) => {
  const { path } = repository(t);
  writeFileSync(join(path, 'HEAD'), 'ref: refs/heads/../../config\n');
  t.is(revisionOf(path), undefined);
  t.is(revisionOf(join(path, 'missing')), undefined);
});

test('only a whole hash is a revision', (t) => {
  t.is(asRevision('a'.repeat(40)), 'a'.repeat(40));
  t.is(asRevision('a'.repeat(64)), 'a'.repeat(64));
  for (const text of ['main', 'a'.repeat(39), 'A'.repeat(40), `${'a'.repeat(40)}\n`]) t.is(asRevision(text), undefined);
});
