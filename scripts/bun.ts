import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import * as tar from 'tar';

/** The processors that packages are made for, by the names that Node has for them. */
export const architectures = ['x64', 'arm64'] as const;
export type Architecture = (typeof architectures)[number];

/** The npm package with Bun for each of them. For x64 it is the build that does not need AVX2. */
const bunPackages: Readonly<Record<Architecture, string>> = {
  x64: '@oven/bun-linux-x64-baseline',
  arm64: '@oven/bun-linux-aarch64',
};

/**
 * Compiles the program that starts at `entry` into the executable `out`, for this machine or for the one that
 * `runtime`, a Bun executable, is for. The same source makes the same bytes, in whatever directory it lies. Bytecode
 * serves every processor.
 *
 * Returns the source files in it, by their paths from `root`. Throws an error with Bun's message.
 */
export function compile(root: string, entry: string, out: string, runtime?: string): string[] {
  return bunBuild(root, entry, out, [
    '--compile',
    '--bytecode',
    '--format=esm',
    '--splitting', // a call loads only the modules that it needs
    '--minify',
    '--keep-names', // for stack traces, and for the names of errors
    '--no-compile-autoload-dotenv', // a deploy runs in a directory of somebody else
    '--no-compile-autoload-bunfig',
    ...(runtime === undefined ? [] : [`--compile-executable-path=${runtime}`]),
  ]);
}

/** Bundles the module `entry` with its packages into `out`, a file for Node.js. Returns and throws the same. */
export function bundleForNode(root: string, entry: string, out: string, format: 'cjs' | 'esm' = 'cjs'): string[] {
  return bunBuild(root, entry, out, ['--target=node', `--format=${format}`]);
}

function bunBuild(root: string, entry: string, out: string, options: readonly string[]): string[] {
  const metafile = `${out}.meta.json`;
  const all = ['build', ...options, ...withoutNativePart, `--metafile=${metafile}`, entry, `--outfile=${out}`];
  execFileSync(bunOfThisMachine(root), all, { cwd: root, stdio: ['ignore', 'ignore', 'pipe'] });
  const { inputs } = JSON.parse(readFileSync(metafile, 'utf8')) as { inputs: Record<string, unknown> };
  rmSync(metafile);
  return Object.keys(inputs);
}

/**
 * msgpackr has an optional native part. Bundled, it would be looked for in the directory that node_modules had on the
 * machine that compiled, which anyone may own on the host.
 */
const withoutNativePart = [
  '--external=msgpackr-extract',
  '--define=process.env.MSGPACKR_NATIVE_ACCELERATION_DISABLED="true"',
];

function thisArchitecture(): Architecture {
  const architecture = architectures.find((one) => one === process.arch);
  if (architecture === undefined) throw new Error(`There is no Bun for ${process.platform}-${process.arch}`);
  return architecture;
}

function bunOfThisMachine(root: string): string {
  const bun = installedBun(root, thisArchitecture());
  if (bun === undefined) throw new Error(`There is no Bun for ${process.arch} in node_modules; run npm ci`);
  return bun;
}

function installedBun(root: string, architecture: Architecture): string | undefined {
  const bun = path.join(root, 'node_modules', bunPackages[architecture], 'bin', 'bun');
  return existsSync(bun) ? bun : undefined;
}

/**
 * The Bun executable for `architecture`, of the version in package-lock.json. npm installs only the one for this
 * machine; another is fetched once by `npm pack` and kept below node_modules. Throws when it is not what the lock
 * says.
 */
export async function bunFor(root: string, architecture: Architecture): Promise<string> {
  const installed = installedBun(root, architecture);
  if (installed !== undefined) return installed;
  const name = bunPackages[architecture];
  const { version, integrity } = lockedPackage(root, name);
  const cache = path.join(root, 'node_modules', '.cache', 'dokku-builds');
  const kept = path.join(cache, `${path.basename(name)}-${version}`);
  if (!existsSync(kept)) {
    mkdirSync(cache, { recursive: true });
    const stage = mkdtempSync(path.join(cache, 'fetch-'));
    try {
      const archive = fetchPackage(`${name}@${version}`, stage);
      await refuseOtherBytes(archive, integrity);
      await tar.extract({ file: archive, cwd: stage });
      renameSync(path.join(stage, 'package'), kept);
    } finally {
      rmSync(stage, { recursive: true, force: true });
    }
  }
  return path.join(kept, 'bin', 'bun');
}

function lockedPackage(root: string, name: string): { version: string; integrity: string } {
  const lock = JSON.parse(readFileSync(path.join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { version: string; integrity: string }>;
  };
  const locked = lock.packages[`node_modules/${name}`];
  if (locked === undefined) throw new Error(`package-lock.json does not name ${name}`);
  return locked;
}

function fetchPackage(spec: string, directory: string): string {
  const options = ['--silent', '--ignore-scripts', '--pack-destination', directory];
  const printed = execFileSync('npm', ['pack', ...options, spec], { encoding: 'utf8' });
  return path.join(directory, printed.trim());
}

/** `integrity`: a digest as npm writes it, `sha512-` and base64. */
async function refuseOtherBytes(file: string, integrity: string): Promise<void> {
  const hash = createHash('sha512');
  await pipeline(createReadStream(file), hash);
  const found = `sha512-${hash.digest('base64')}`;
  if (found !== integrity) throw new Error(`${path.basename(file)} is ${found}; package-lock.json wants ${integrity}`);
}
