import { createHash } from 'node:crypto';
import path from 'node:path';
import { type BuildOptions, buildSync, type Metafile } from 'esbuild';
import { everydayCommands } from '../host/everyday';

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
 * alone, has a file of its own. `dokku-builds.js` is host/start.ts, which runs `program.js`, or
 * with V8's code cache `everyday/<command>.js`: the same without the handlers of all other commands. There immer and msgpackr, which few calls
 * need, have files of their own, too.
 *
 * Throws when something does not resolve.
 */
export function bundle(root: string, entry: string): Bundle {
  const asFunction = {
    alias: { 'fast-glob': './fast-glob.js' },
    // A function expression, for host/start.ts to call.
    banner: { js: '(function (exports, require, module, __filename, __dirname) {' },
    footer: { js: '})' },
  };
  const program = run(root, entry, { ...asFunction, external: ['./fast-glob.js'] });
  const everyday = everydayCommands.map((name): [string, Run] => {
    const alias = { ...asFunction.alias, immer: './immer.js', 'msgpackr/unpack': './msgpackr.js' };
    const external = [...Object.values(alias), ...otherHandlers(program, name).map((file) => path.join(root, file))];
    return [`everyday/${name}.js`, run(root, entry, { ...asFunction, alias, external })];
  });
  const programs = [program, ...everyday.map(([, one]) => one)];
  const digest = createHash('sha256');
  for (const { content } of programs) digest.update(content);
  const oldNode = run(root, path.join(root, 'host/oldNode.ts'), { target: ANY_NODE });
  const checkNode = run(root, path.join(root, 'host/checkNode.ts'), { target: ANY_NODE, external: ['./oldNode.js'] });
  const start = run(root, path.join(root, 'host/start.ts'), {
    banner: { js: Buffer.from(checkNode.content).toString() },
    define: { PROGRAM_DIGEST: JSON.stringify(digest.digest('hex').slice(0, 16)) },
    target: ANY_NODE,
  });
  const glob = run(root, 'fast-glob', {});
  const immer = run(root, 'immer', {});
  const msgpackr = run(root, path.join(root, 'node_modules/msgpackr/unpack.js'), {});
  const files: [string, Run][] = [
    ['dokku-builds.js', start],
    ['oldNode.js', oldNode],
    ['program.js', program],
    ['fast-glob.js', glob],
    ['immer.js', immer],
    ['msgpackr.js', msgpackr],
    ...everyday,
  ];
  return {
    files: new Map(files.map(([name, { content }]) => [name, content])),
    packages: [...new Set([...program.packages, ...glob.packages])].sort(),
  };
}

/** The files of the handlers that commands/handlers.ts loads lazily, but that of the command `name`. */
function otherHandlers({ inputs }: Run, name: string): string[] {
  const own = `${name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase())}.ts`;
  const handlers = inputs['commands/handlers.ts']?.imports.filter(({ kind }) => kind === 'dynamic-import') ?? [];
  return handlers.map((handler) => handler.path).filter((file) => path.basename(file) !== own);
}

/** What a Node.js that is too old can at least parse, so that it can say so. */
const ANY_NODE = 'es2018';

/** Bundles the program that starts at `entry` into one CommonJS file; returns its content and the packages' directories. */
export function bundleProgram(root: string, entry: string): { program: Uint8Array; packages: string[] } {
  const { content, packages } = run(root, entry, {});
  return { program: content, packages };
}

interface Run {
  readonly content: Uint8Array;
  readonly packages: string[];
  readonly inputs: Metafile['inputs'];
}

function run(
  root: string,
  entry: string,
  options: Pick<BuildOptions, 'alias' | 'banner' | 'define' | 'external' | 'footer' | 'format' | 'target'>,
): Run {
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
      'msgpackr/unpack': path.join(root, 'node_modules/msgpackr/unpack.js'),
      // and ulid to one that loads node:crypto, 2 ms; it is given its random numbers.
      ulid: path.join(root, 'node_modules/ulid/dist/browser/index.js'),
      ...options.alias,
    },
    nodePaths: [path.join(root, 'node_modules')],
    logLevel: 'warning',
  });
  const [output] = result.outputFiles;
  if (output === undefined) throw new Error('esbuild wrote nothing');
  const { inputs } = result.metafile;
  const missing = Object.values(inputs).flatMap(({ imports }) => imports.filter(isOursAndMissing));
  if (missing.length > 0)
    throw new Error(`${missing.map((one) => one.path).join(', ')} is needed at once and left out`);
  const packages = Object.keys(inputs).flatMap((input) => packageDirectory(root, input) ?? []);
  return { content: Buffer.from(withoutCopies(output.text)), packages, inputs };
}

/** `import * as fs` copies node:fs name by name, 0.1 ms in each of eight modules; nobody here imports its default. */
function withoutCopies(code: string): string {
  return code.replaceAll(/__toESM\(require\("(node:[a-z_/]+)"\)\)/g, 'require("$1")');
}

/** An import of what was left out must be a lazy one, which is never reached. */
function isOursAndMissing({ path: imported, kind, external }: Metafile['inputs'][string]['imports'][number]): boolean {
  return external === true && kind !== 'dynamic-import' && imported.endsWith('.ts');
}

/** The directory of the package that a bundled file belongs to; undefined for a file of this project. */
function packageDirectory(root: string, input: string): string | undefined {
  const file = path.resolve(root, input);
  const match = /^(.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+)[\\/]/.exec(file);
  return match?.[1];
}
