import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import test from 'ava';
import ts from 'typescript';

/* docs/api.md names each call with its parameters and options, and the shapes have the keys of the schemas. */

const ROOT = join(__dirname, '..', '..', '..');

/** The interfaces of a file of the library, by name. */
function interfacesOf(file: string): Map<string, ts.InterfaceDeclaration> {
  const path = join(ROOT, 'commands', 'api', file);
  const source = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.ES2022, true);
  return new Map(source.statements.filter(ts.isInterfaceDeclaration).map((one) => [one.name.text, one]));
}

const asked = interfacesOf('apiTypes.ts');
const shapes = interfacesOf('buildTypes.ts');

/** The keys of an interface, those that it extends first; `Omit` is heeded. */
function keysOf(name: string, among: Map<string, ts.InterfaceDeclaration>): string[] {
  const declared = among.get(name);
  if (declared === undefined) return [];
  const inherited = (declared.heritageClauses ?? []).flatMap(({ types }) =>
    types.flatMap((type) => {
      const [of, without] = [type.expression.getText(), type.typeArguments?.map((one) => one.getText()) ?? []];
      if (of !== 'Omit') return keysOf(of, among);
      return keysOf(without[0] ?? '', among).filter((key) => `'${key}'` !== without[1]);
    }),
  );
  return [...inherited, ...declared.members.map((member) => member.name?.getText() ?? '')];
}

/** How the page writes a call: `host.list(app, { kind, status })`. */
function signatureOf(method: ts.MethodSignature): string {
  const parameters = method.parameters.map(({ name, type }) => {
    const keys = keysOf(type?.getText() ?? '', asked);
    return keys.length === 0 ? name.getText() : `{ ${keys.join(', ')} }`;
  });
  return `host.${method.name.getText()}(${parameters.join(', ')})`;
}

test('docs/api.md has each call of the library with its parameters and options, and no other', (t) => {
  const page = readFileSync(join(ROOT, 'docs', 'api.md'), 'utf8');
  const documented = [...page.matchAll(/^\| `((?:host\.|openHost)[^`]*)`/gm)].map(([, call]) => call);
  const methods = asked.get('BuildsHost')?.members.filter(ts.isMethodSignature) ?? [];
  const openHost = `openHost({ ${keysOf('HostOptions', asked).join(', ')} })`;
  t.deepEqual(documented, [openHost, ...methods.map(signatureOf)]);
});

interface Schema {
  readonly properties?: Readonly<Record<string, unknown>>;
  readonly $defs?: Readonly<Record<string, Schema>>;
}

function schema(name: string): Schema {
  return JSON.parse(readFileSync(join(ROOT, 'docs', 'schema', `${name}.schema.json`), 'utf8')) as Schema;
}

const propertiesOf = ({ properties = {} }: Schema): string[] => Object.keys(properties);
const sorted = (names: readonly string[]): string[] => [...new Set(names)].sort();

test('the declarations of events have the keys that the schema has', (t) => {
  const { $defs = {}, ...common } = schema('event');
  for (const name of ['BuildStarted', 'BuildFinished', 'BuildCanceled', 'Pruned']) {
    const definition = $defs[`${name.charAt(0).toLowerCase()}${name.slice(1)}`] ?? {};
    const wanted = [...propertiesOf(common), ...propertiesOf(definition)];
    t.deepEqual(sorted(keysOf(name, shapes)), sorted(wanted), name);
  }
});

test('the declarations of builds and figures have the keys that the schemas have', (t) => {
  const view = [...propertiesOf(schema('record').$defs?.['fields'] ?? {}), ...propertiesOf(schema('view'))];
  t.deepEqual(sorted(keysOf('BuildView', shapes)), sorted(view));
  const stats = schema('stats');
  t.deepEqual(sorted(keysOf('Delivery', shapes)), sorted(propertiesOf(stats.$defs?.['delivery'] ?? {})));
  t.deepEqual(
    sorted(keysOf('BuildStats', shapes)),
    sorted([...propertiesOf(stats), ...propertiesOf(stats.$defs?.['figures'] ?? {})]),
  );
});
