import type { Call } from '../host/call';
import { requireApp } from '../host/apps';
import { parseArguments } from '../host/arguments';
import type { Host } from '../host/environment';
import { Failure, printable, reasonOf } from '../host/failure';
import { type PropertyScope, propertiesDirectory } from '../host/paths';
import { clearProperty, parsePositiveInteger, writeProperty } from '../host/properties';
import { refuseSurplus, takeApp } from './positionals';

/** `builds:set [--global|<app>] retention [<n>]` */
export function set({ host, output, args }: Call): undefined {
  const { positionals, switches } = parseArguments(args, { global: 'switch' });
  const { scope, others } = takeScope(host, positionals, switches.has('global'));
  refuseSurplus(others, 2);
  const [property = '', value = ''] = others;
  if (property !== 'retention') {
    throw new Failure(`Invalid property "${printable(property)}" (allowed: retention)`);
  }
  if (value !== '' && parsePositiveInteger(value) === undefined) {
    throw new Failure(`Invalid retention "${printable(value)}": must be a positive integer`);
  }
  output.title(value === '' ? 'Unsetting retention' : `Setting retention to ${value}`);
  try {
    if (value === '') clearProperty(host, scope, property);
    else writeProperty(host, scope, property, value);
  } catch (error) {
    throw new Failure(`Cannot write ${propertiesDirectory(host, scope)}/${property}: ${reasonOf(error)}`);
  }
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
