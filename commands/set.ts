import { readFileSync } from 'node:fs';

import type { Call } from '../host/call';
import { requireApp } from '../host/dokku/apps';
import { parseArguments } from '../host/arguments';
import type { Host } from '../host/dokku/environment';
import { Failure, reasonOf } from '../host/failure';
import { appBuilds, type PropertyScope, propertiesDirectory } from '../host/dokku/paths';
import { clearProperty, writeProperty } from '../host/dokku/properties';
import { forgetUndelivered } from '../subscribers/notifications/undelivered';
import { refuseSurplus, takeApp } from './shared/positionals';
import { settableProperty } from './shared/settableProperties';

/** `builds:set [--global|<app>] <property> [<value>]`; no value clears it. The value `-` of a secret is read from stdin. */
export function set({ host, output, args }: Call): undefined {
  const { positionals, switches } = parseArguments(args, { global: 'switch' });
  const { scope, others } = takeScope(host, positionals, switches.has('global'));
  refuseSurplus(others, 2);
  const [name = '', given = ''] = others;
  const property = settableProperty(name);
  const value = property.secret && given === '-' ? readStdin(name) : given;
  if (value !== '') property.check(value);
  if (value === '') output.title(`Unsetting ${name}`);
  else output.title(property.secret ? `Setting ${name}` : `Setting ${name} to ${value}`);
  try {
    if (value === '') clearProperty(host, scope, name);
    else writeProperty(host, scope, name, value);
  } catch (error) {
    throw new Failure(`Cannot write ${propertiesDirectory(host, scope)}/${name}: ${reasonOf(error)}`);
  }
  if (name === 'notify-url' && scope !== '--global') forgetUndelivered(appBuilds(host, scope).directory);
}

function takeScope(
  host: Host,
  positionals: readonly string[],
  global: boolean,
): { scope: PropertyScope; others: readonly string[] } {
  if (global) return { scope: '--global', others: positionals };
  const { app, others } = takeApp(host, positionals);
  return { scope: requireApp(host, app), others };
}

/** So that a secret stands in no command line, which every user of the host can read while it runs. */
function readStdin(name: string): string {
  const text = readFileSync(0, 'utf8').replace(/\n$/, '');
  if (text === '') throw new Failure(`There was no ${name} on stdin`);
  return text;
}
