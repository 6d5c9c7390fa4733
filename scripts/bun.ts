import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';

/** The processors that packages are made for, by the names that Node has for them. */
export const architectures = ['x64', 'arm64'] as const;
export type Architecture = (typeof architectures)[number];

/** The npm package with Bun for each of them. For x64 it is the build that does not need AVX2. */
export const bunPackages: Readonly<Record<Architecture, string>> = {
  x64: '@oven/bun-linux-x64-baseline',
  arm64: '@oven/bun-linux-aarch64',
};

/**
 * Compiles the program that starts at `entry` into the executable `out`, for this machine or for the one that `runtime`, a Bun
 * executable, is for. Returns the source files in it, by their paths from `root`. Throws an error with Bun's message.
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

/** Bundles the module `entry` with its packages into `out`, a CommonJS file for Node.js. Returns and throws the same. */
export function bundleForNode(root: string, entry: string, out: string): string[] {
  return bunBuild(root, entry, out, ['--target=node', '--format=cjs']);
}

function bunBuild(root: string, entry: string, out: string, options: readonly string[]): string[] {
  const metafile = `${out}.meta.json`;
  execFileSync(bunOfThisMachine(root), ['build', ...options, `--metafile=${metafile}`, entry, `--outfile=${out}`], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const { inputs } = JSON.parse(readFileSync(metafile, 'utf8')) as { inputs: Record<string, unknown> };
  rmSync(metafile);
  return Object.keys(inputs);
}

function bunOfThisMachine(root: string): string {
  const architecture = architectures.find((one) => one === process.arch);
  const bun = architecture && path.join(root, 'node_modules', bunPackages[architecture], 'bin', 'bun');
  if (bun === undefined || !existsSync(bun)) {
    throw new Error(`There is no Bun for ${process.platform}-${process.arch} in node_modules; run npm ci`);
  }
  return bun;
}
