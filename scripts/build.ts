/**
 * Builds the plugin tree: `dist/plugin`, installable, relocatable, one program behind all its executables.
 *
 * And, unless it is to be somewhere else, the npm package's library: `dist/api`.
 *
 * `npm run build`. For trying things out: `build.ts <entry> <out>`, an entry file and a directory to build into.
 */
import path from 'node:path';
import { buildLibrary } from './library';
import { buildPlugin } from './plugin-tree';

const root = path.dirname(__dirname);
const [entry = path.join(root, 'commands/main.ts'), out = path.join(root, 'dist/plugin')] = process.argv.slice(2);

async function main(): Promise<void> {
  const { bytes, milliseconds } = await buildPlugin(root, path.resolve(entry), path.resolve(out));
  console.log(`-----> Built ${path.relative(root, out)} (program: ${String(bytes)} bytes, ${String(milliseconds)} ms)`);
  if (process.argv.length === 2) {
    const library = buildLibrary(root, path.join(root, 'dist/api'));
    console.log(`-----> Built dist/api (library: ${String(library.bytes)} bytes)`);
  }
}

main().catch((error: unknown) => {
  console.error(` !     It could not be built: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
});
