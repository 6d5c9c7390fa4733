import path from 'node:path';

import type { ExecutionContext } from 'ava';
import { buildSync } from 'esbuild';

import { temporaryDirectory } from '../host/temporaryHost';

/** A program of this folder, made into one file that `node` starts in no time; returns its path. It is gone when the test has ended. */
export function bundledProgram(t: ExecutionContext, name: string): string {
  const outfile = path.join(temporaryDirectory(t), `${name}.js`);
  const entryPoints = [path.join(__dirname, `${name}.ts`)];
  buildSync({ entryPoints, outfile, bundle: true, platform: 'node', target: 'node20', logLevel: 'warning' });
  return outfile;
}
