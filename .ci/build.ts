/**
 * Builds the plugin tree: `dist/plugin`, installable, relocatable, one program behind all its executables.
 *
 * `npm run build`. For trying things out: `build.ts <entry> <out>`, an entry file and a directory to build into.
 */
import path from 'node:path';
import { buildPlugin } from './plugin-tree';

const root = path.dirname(__dirname);
const [entry = path.join(root, 'commands/main.ts'), out = path.join(root, 'dist/plugin')] = process.argv.slice(2);

try {
  const { bytes, milliseconds } = buildPlugin(root, path.resolve(entry), path.resolve(out));
  console.log(`-----> Built ${path.relative(root, out)} (program: ${String(bytes)} bytes, ${String(milliseconds)} ms)`);
} catch (error) {
  console.error(` !     The plugin could not be built: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
