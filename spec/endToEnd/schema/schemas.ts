import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { ExecutionContext } from 'ava';
import { Ajv2020, type SchemaObject, type ValidateFunction } from 'ajv/dist/2020';

const directory = join(__dirname, '..', '..', '..', 'docs', 'schema');

/** All that is in docs/schema, each by its $id. */
const ajv = new Ajv2020({ allErrors: true, strict: true, strictRequired: false, strictTypes: false });
for (const name of readdirSync(directory)) {
  ajv.addSchema(JSON.parse(readFileSync(join(directory, name), 'utf8')) as SchemaObject);
}

export type Json = Readonly<Record<string, unknown>>;

/** The schema in `docs/schema/<name>.schema.json`. */
function schema(name: string): ValidateFunction {
  const validate = ajv.getSchema(`dokku-builds:/schema/${name}.schema.json`);
  if (validate === undefined) throw new Error(`docs/schema has no ${name}.schema.json`);
  return validate;
}

/** Asserts that `value` is valid; when it is not, the failure shows the value and why. */
export function assertValid(t: ExecutionContext, name: string, value: unknown): void {
  const validate = schema(name);
  const isValid = validate(value);
  t.true(isValid, `${name}: ${ajv.errorsText(validate.errors)}\n${JSON.stringify(value, null, 2)}`);
}

/** Asserts that `value` is not valid; `what` says what is wrong with it. */
export function assertRefused(t: ExecutionContext, name: string, value: unknown, what: string): void {
  t.false(schema(name)(value), `${name} takes ${what}: ${JSON.stringify(value)}`);
}

/**
 * `value` with each of `keys` left out in turn, by what is wrong with it; keys that it does not have are ignored.
 */
export function without(value: Json, keys: readonly string[]): [string, Json][] {
  return keys
    .filter((key) => key in value)
    .map((key) => [`no ${key}`, Object.fromEntries(Object.entries(value).filter(([name]) => name !== key))]);
}

/** `value` with each key changed in turn to what no key of it can be, by what is wrong with it. */
export function misshapen(value: Json): [string, Json][] {
  const wrong = [{ not: 'this' }, [[]], '', 0.5];
  return [
    ...Object.keys(value).flatMap((key) =>
      wrong.map((other): [string, Json] => [`${key} ${JSON.stringify(other)}`, { ...value, [key]: other }]),
    ),
    ['one more key', { ...value, surprise: 1 }],
  ];
}

/** The different values that `key` has in `objects`, as text and sorted; 'undefined' where it is not there. */
export function distinct(objects: readonly Json[], key: string): string[] {
  return [...new Set(objects.map((one) => String(one[key])))].sort();
}
