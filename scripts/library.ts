import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { bundleForNode } from './bun';
import { packagesOf } from './packages';
import { replaceTree } from './replace-tree';
import { thirdPartyLicenses } from './third-party-licenses';

/** What package.json exports, and the modules whose declarations it is made of; the first becomes `index`. */
const modules = ['api', 'openHost', 'apiTypes'];

/**
 * Builds the npm package's library from commands/api.ts into the directory `out`: `index.js`, CommonJS that ES modules can import by name, in need of
 * no other package, and its declarations. Throws when it does not bundle, or a declaration cannot be had from its own file.
 */
export function buildLibrary(root: string, out: string): { bytes: number } {
  mkdirSync(path.dirname(out), { recursive: true });
  const stage = mkdtempSync(path.join(path.dirname(out), `.${path.basename(out)}-`));
  try {
    const program = path.join(stage, 'index.js');
    const packages = packagesOf(root, bundleForNode(root, path.join(root, 'commands/api/api.ts'), program));
    chmodSync(program, 0o644);
    writeFileSync(path.join(stage, 'THIRD-PARTY-LICENSES'), thirdPartyLicenses(root, packages), { mode: 0o644 });
    for (const [index, name] of modules.entries()) {
      const file = path.join(stage, `${index === 0 ? 'index' : name}.d.ts`);
      writeFileSync(file, declarations(path.join(root, 'commands/api', `${name}.ts`)), { mode: 0o644 });
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
