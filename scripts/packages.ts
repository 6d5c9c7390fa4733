import path from 'node:path';

/**
 * The directories of the npm packages that the source files `inputs` (paths from `root`) belong to, sorted, each once.
 */
export function packagesOf(root: string, inputs: readonly string[]): string[] {
  const found = inputs.flatMap((input) => PACKAGE.exec(path.resolve(root, input))?.[1] ?? []);
  return [...new Set(found)].sort();
}

const PACKAGE = /^(.*\/node_modules\/(?:@[^/]+\/)?[^/]+)\//;
