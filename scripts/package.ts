/**
 * `npm run package`: builds the plugin for each processor and packs it into
 * `dist/dokku-builds-<version>-linux-<processor>.tar.gz`, one directory inside, and into Debian packages where
 * dpkg-deb is. `dist/SHA256SUMS` holds their digests, for `sha256sum --check`. The same source makes the same bytes.
 * `npm run package -- x64` packs for that processor alone; `--quick` does not compress, for trying things out.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  createReadStream,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { parseArgs } from 'node:util';
import { type Architecture, architectures, bunFor } from './bun';
import { makeDebianPackage } from './debian-package';
import { buildPlugin } from './plugin-tree';
import { writeTarball } from './tarball';

const root = path.dirname(__dirname);
const dist = path.join(root, 'dist');
const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as { version: string };

interface Packing {
  /** A directory to work in. */
  readonly stage: string;
  /** Packages are not compressed. */
  readonly quick: boolean;
}

async function packAll(): Promise<void> {
  const { values, positionals } = parseArgs({ options: { quick: { type: 'boolean' } }, allowPositionals: true });
  const wanted = positionals.length === 0 ? architectures : positionals.map(asArchitecture);
  mkdirSync(dist, { recursive: true });
  const stage = mkdtempSync(path.join(dist, '.package-'));
  try {
    const made: string[] = [];
    const packing = { stage, quick: values.quick === true };
    for (const architecture of wanted) made.push(...(await pack(architecture, packing)));
    const sums = await Promise.all(made.map(async (name) => `${await digestOf(path.join(stage, name))}  ${name}\n`));
    writeFileSync(path.join(stage, 'SHA256SUMS'), sums.join(''));
    for (const name of [...made, 'SHA256SUMS']) renameSync(path.join(stage, name), path.join(dist, name));
    console.log(`-----> Wrote dist/SHA256SUMS\n${sums.map((line) => `       ${line}`).join('')}`.trimEnd());
  } finally {
    rmSync(stage, { recursive: true, force: true });
  }
}

function asArchitecture(text: string): Architecture {
  const architecture = architectures.find((one) => one === text);
  if (architecture === undefined) throw new Error(`There is no ${text}; there are ${architectures.join(' and ')}`);
  return architecture;
}

/** Makes the packages for `architecture`; returns their names. */
async function pack(architecture: Architecture, { stage, quick }: Packing): Promise<string[]> {
  const name = `dokku-builds-${version}`;
  const archive = `${name}-linux-${architecture}.tar.gz`;
  console.log(`-----> Packing ${archive}`);
  const tree = path.join(stage, architecture);
  await buildPlugin(root, path.join(root, 'commands/main.ts'), tree, await bunFor(root, architecture));
  await writeTarball(tree, name, path.join(stage, archive), quick ? 0 : 9);
  const made = [archive];
  if (spawnSync('dpkg-deb', ['--version'], { stdio: 'ignore' }).status === 0) {
    console.log(`-----> Packing the Debian package for ${architecture}`);
    made.push(makeDebianPackage({ root, version, architecture, tree, stage, compressed: !quick }));
  } else {
    console.log('       (no Debian package: there is no dpkg-deb)');
  }
  for (const file of made) {
    console.log(`       ${file}: ${String(Math.round(statSync(path.join(stage, file)).size / 1e6))} MB`);
  }
  return made;
}

async function digestOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

packAll().catch((error: unknown) => {
  console.error(` !     It could not be packed: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
});
