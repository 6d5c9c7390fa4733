import { createHash } from 'node:crypto';
import path from 'node:path';
import { type BuildOptions, buildSync } from 'esbuild';

/** The program as it is shipped. */
export interface Bundle {
  /** Content of each file of the plugin's `lib`, by name. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** The directories of the packages that went into them. */
  readonly packages: string[];
}

/**
 * Bundles the program that starts at `entry` into files that need Node 20 and nothing else. What is imported lazily stays in
 * the program's one file, and is evaluated when it is asked for; only fast-glob, a third of all bytes and needed by `install`
 * alone, has a file of its own. `dokku-builds.js` is host/start.ts, which runs `program.js` with V8's code cache.
 *
 * Throws when something does not resolve.
 */
export function bundle(root: string, entry: string): Bundle {
  const program = run(root, entry, {
    alias: { 'fast-glob': './fast-glob.js' },
    external: ['./fast-glob.js'],
    // A function expression, for host/start.ts to call.
    banner: { js: '(function (exports, require, module, __filename, __dirname) {' },
    footer: { js: '})' },
  });
  const digest = createHash('sha256').update(program.content).digest('hex').slice(0, 16);
  const oldNode = run(root, path.join(root, 'host/oldNode.ts'), { format: 'iife', target: ANY_NODE });
  const start = run(root, path.join(root, 'host/start.ts'), {
    banner: { js: Buffer.from(oldNode.content).toString() },
    define: { PROGRAM_DIGEST: JSON.stringify(digest) },
    target: ANY_NODE,
  });
  const glob = run(root, 'fast-glob', {});
  const files = { 'dokku-builds.js': start, 'program.js': program, 'fast-glob.js': glob };
  return {
    files: new Map(Object.entries(files).map(([name, { content }]) => [name, content])),
    packages: [...new Set([...program.packages, ...glob.packages])].sort(),
  };
}

/** What a Node.js that is too old can at least parse, so that it can say so. */
const ANY_NODE = 'es2018';

/** Bundles the program that starts at `entry` into one CommonJS file; returns its content and the packages' directories. */
export function bundleProgram(root: string, entry: string): { program: Uint8Array; packages: string[] } {
  const { content, packages } = run(root, entry, {});
  return { program: content, packages };
}

function run(
  root: string,
  entry: string,
  options: Pick<BuildOptions, 'alias' | 'banner' | 'define' | 'external' | 'footer' | 'format' | 'target'>,
): { content: Uint8Array; packages: string[] } {
  const result = buildSync({
    target: 'node20',
    format: 'cjs',
    ...options,
    absWorkingDir: root,
    entryPoints: [entry],
    outfile: 'bundle.js',
    write: false,
    metafile: true,
    bundle: true,
    platform: 'node',
    supported: { 'dynamic-import': false }, // else import('node:…') stays one, which a script with a code cache has no loader for
    minifyWhitespace: true,
    minifySyntax: true, // identifiers keep their names: traces stay readable
    legalComments: 'none', // the licenses are beside the program, whole
    define: { 'process.env.NODE_ENV': '"production"', ...options.define },
    alias: {
      // Under "node" msgpackr resolves to a build with streams and a native add-on, 11 ms slower to start,
      'msgpackr/pack': path.join(root, 'node_modules/msgpackr/pack.js'),
      // and ulid to one that loads node:crypto, 2 ms; it is given its random numbers.
      ulid: path.join(root, 'node_modules/ulid/dist/browser/index.js'),
      ...options.alias,
    },
    nodePaths: [path.join(root, 'node_modules')],
    logLevel: 'warning',
  });
  const [output] = result.outputFiles;
  if (output === undefined) throw new Error('esbuild wrote nothing');
  const packages = Object.keys(result.metafile.inputs).flatMap((input) => packageDirectory(root, input) ?? []);
  return { content: output.contents, packages };
}

/** The directory of the package that a bundled file belongs to; undefined for a file of this project. */
function packageDirectory(root: string, input: string): string | undefined {
  const file = path.resolve(root, input);
  const match = /^(.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+)[\\/]/.exec(file);
  return match?.[1];
}
