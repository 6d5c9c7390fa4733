import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/**
 * The text of THIRD-PARTY-LICENSES: for each package in the bundle its name, version, and its license file, whole.
 * `packages`: the packages' directories. `runtime`: what to say first of the Bun in the executable; see
 * {@link bunNotice}. Throws for a package that has no license file: then somebody has to decide.
 */
export function thirdPartyLicenses(root: string, packages: readonly string[], runtime?: string): string {
  const sections = packages.map((directory) => {
    const { name, version, license } = JSON.parse(readFileSync(path.join(directory, 'package.json'), 'utf8')) as {
      name: string;
      version: string;
      license?: string;
    };
    const file = readdirSync(directory).find((entry) => /^licen[cs]e(\.(md|txt))?$/i.test(entry));
    if (file === undefined) throw new Error(`${path.relative(root, directory)} has no license file`);
    const text = readFileSync(path.join(directory, file), 'utf8').replaceAll('\r\n', '\n').trim();
    return `${name} ${version} (${license ?? 'see below'})\n\n${text}\n`;
  });
  const first = runtime === undefined ? [] : [runtime];
  return ['The files here contain these packages.\n', ...first, ...sections].join(`\n${'-'.repeat(72)}\n\n`);
}

/** What to say of the Bun in the executable: its npm package has no license file. */
export function bunNotice(root: string): string {
  const directory = path.join(root, 'scripts/bun-runtimes');
  const { optionalDependencies } = JSON.parse(readFileSync(path.join(directory, 'package.json'), 'utf8')) as {
    optionalDependencies: Record<string, string>;
  };
  const [version = ''] = Object.values(optionalDependencies);
  return `Bun ${version} (MIT)\n\n${readFileSync(path.join(directory, 'NOTICE'), 'utf8')}`;
}
