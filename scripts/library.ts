import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { bundleForNode } from './bun';
import { packagesOf } from './packages';
import { replaceTree } from './replace-tree';
import { thirdPartyLicenses } from './third-party-licenses';

/** What package.json exports, and the modules whose declarations it is made of; the first becomes `index`. */
const modules = ['api', 'openHost', 'apiTypes', 'buildTypes', 'openFleet', 'fleetTypes'];

/**
 * Builds the npm package's library from commands/api/api.ts into the directory `out`: `index.js` for CommonJS, which
 * needs no other package, `index.mjs` for ES modules, which gives out the same objects, and declarations for both.
 * Returns the size of the first in bytes. Throws when it does not bundle, or when a declaration cannot be made from
 * its file alone.
 */
export function buildLibrary(root: string, out: string): { bytes: number } {
  mkdirSync(path.dirname(out), { recursive: true });
  const stage = mkdtempSync(path.join(path.dirname(out), `.${path.basename(out)}-`));
  const write = (name: string, text: string): void => {
    const file = path.join(stage, name);
    writeFileSync(file, text);
    chmodSync(file, 0o644); // whatever the umask
  };
  try {
    const program = path.join(stage, 'index.js');
    const packages = packagesOf(root, bundleForNode(root, path.join(root, 'commands/api/api.ts'), program));
    chmodSync(program, 0o644);
    write('index.mjs', "import library from './index.js';\nexport const { openFleet, openHost } = library;\n");
    write('THIRD-PARTY-LICENSES', thirdPartyLicenses(root, packages));
    for (const module of modules) {
      const name = module === modules[0] ? 'index' : module;
      const text = declarations(path.join(root, 'commands/api', `${module}.ts`));
      write(`${name}.d.ts`, withExtension(text, '.js'));
      write(`${name}.d.mts`, withExtension(text, '.mjs'));
    }
    chmodSync(stage, 0o755);
    replaceTree(stage, out);
    return { bytes: statSync(path.join(out, 'index.js')).size };
  } finally {
    rmSync(stage, { recursive: true, force: true });
  }
}

/** From one file alone, as `isolatedDeclarations` has it: what is exported says its types itself. */
function declarations(file: string): string {
  const { outputText, diagnostics = [] } = ts.transpileDeclaration(readFileSync(file, 'utf8'), {
    fileName: file,
    reportDiagnostics: true,
    compilerOptions: { declaration: true, isolatedDeclarations: true, target: ts.ScriptTarget.ES2022 },
  });
  const [problem] = diagnostics;
  if (problem) throw new Error(`${file}: ${ts.flattenDiagnosticMessageText(problem.messageText, ' ')}`);
  return outputText;
}

/** ES modules have to name the files that they import. */
function withExtension(declaration: string, extension: string): string {
  return declaration.replace(/( from '\.\/\w+)(';)/g, `$1${extension}$2`);
}
