import path from 'node:path';

import type { ExecutionContext } from 'ava';

import { bundleForNode, compile } from '../../../scripts/bun';
import { temporaryDirectory } from '../../temporaryHost';

/**
 * A program of this folder, made into one file that `node` starts in no time; returns its path. It is gone when the
 * test has ended.
 */
export function bundledProgram(t: ExecutionContext, name: string): string {
  const outfile = path.join(temporaryDirectory(t), `${name}.js`);
  bundleForNode(path.join(__dirname, '../../..'), path.join(__dirname, `${name}.ts`), outfile);
  return outfile;
}

/** The same in `directory`, compiled by Bun as the product is; returns the path of an executable. */
export function compiledProgram(directory: string, name: string): string {
  const outfile = path.join(directory, name);
  compile(path.join(__dirname, '../../..'), path.join(__dirname, `${name}.ts`), outfile);
  return outfile;
}
