import { join } from 'node:path';

import { bundleForNode } from '../bun';

const root = join(__dirname, '..', '..');

/** Paths of the programs that are measured beside the plugin; they are bundled as it is. */
export interface Bundles {
  readonly library: string;
  readonly readEveryRecord: string;
  readonly leastTrigger: string;
  readonly leastReport: string;
}

/** Bundles them into `directory`. */
export function bundles(directory: string): Bundles {
  const bundle = (name: string): string => {
    const file = join(directory, `${name}.cjs`);
    bundleForNode(root, join(__dirname, `${name}.ts`), file);
    return file;
  };
  return {
    library: bundle('library'),
    readEveryRecord: bundle('readEveryRecord'),
    leastTrigger: bundle('leastTrigger'),
    leastReport: bundle('leastReport'),
  };
}

/** An executable of the built plugin. */
export function pluginFile(path: string): string {
  return join(root, 'dist', 'plugin', path);
}
