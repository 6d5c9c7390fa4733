import path from 'node:path';
import { buildSync } from 'esbuild';

/**
 * Bundles the program that starts at `entry` into one CommonJS file that needs Node 20 and nothing else. What is imported
 * lazily stays in the one file, and is evaluated when it is asked for.
 *
 * Returns the file's bytes, and the directories of the packages that went into it. Throws when something does not resolve.
 */
export function bundleProgram(root: string, entry: string): { program: Uint8Array; packages: string[] } {
  const result = buildSync({
    absWorkingDir: root,
    entryPoints: [entry],
    outfile: 'dokku-builds.js',
    write: false,
    metafile: true,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    minifyWhitespace: true,
    minifySyntax: true, // identifiers keep their names: traces stay readable
    legalComments: 'none', // the licenses are beside the program, whole
    define: { 'process.env.NODE_ENV': '"production"' },
    // Under "node" msgpackr resolves to a build with streams and a native add-on, 11 ms slower to start.
    alias: { 'msgpackr/pack': path.join(root, 'node_modules/msgpackr/pack.js') },
    nodePaths: [path.join(root, 'node_modules')],
    logLevel: 'warning',
  });
  const [output] = result.outputFiles;
  if (output === undefined) throw new Error('esbuild wrote nothing');
  const packages = Object.keys(result.metafile.inputs).flatMap((input) => packageDirectory(root, input) ?? []);
  return { program: output.contents, packages: [...new Set(packages)].sort() };
}

/** The directory of the package that a bundled file belongs to; undefined for a file of this project. */
function packageDirectory(root: string, input: string): string | undefined {
  const file = path.resolve(root, input);
  const match = /^(.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+)[\\/]/.exec(file);
  return match?.[1];
}
