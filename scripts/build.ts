/**
 * Builds the plugin tree, `dist/plugin`: installable, relocatable, one program behind all its executables. And the npm
 * package's library, `dist/api`.
 *
 * `npm run build`. `build.ts library` builds the library alone.
 * For trying things out: `build.ts <entry> <out>`, an entry file and a directory to build the plugin into.
 */
import path from 'node:path';
import { buildLibrary } from './library';
import { buildPlugin } from './plugin-tree';

const root = path.dirname(__dirname);
const [what, out] = process.argv.slice(2);

async function main(): Promise<void> {
  if (what !== 'library') {
    const entry = path.resolve(what ?? path.join(root, 'commands/main.ts'));
    const directory = path.resolve(out ?? path.join(root, 'dist/plugin'));
    const { bytes, milliseconds } = await buildPlugin(root, entry, directory);
    const place = path.relative(root, directory);
    console.log(`-----> Built ${place} (program: ${String(bytes)} bytes, ${String(milliseconds)} ms)`);
  }
  if (out === undefined) {
    const { bytes } = buildLibrary(root, path.join(root, 'dist/api'));
    console.log(`-----> Built dist/api (library: ${String(bytes)} bytes)`);
  }
}

main().catch((error: unknown) => {
  console.error(` !     It could not be built: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
});
