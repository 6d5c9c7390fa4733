import type { Host } from '../../host/dokku/environment';
import { Failure, printable } from '../../host/failure';

/** The app that was asked for, if any, and the positional arguments that are not it. */
export interface AppAndOthers {
  readonly app: string | undefined;
  readonly others: readonly string[];
}

/**
 * Takes the app from the positional arguments: the first one, or `dokku --app NAME`, which Dokku itself repeats as the first
 * one for its core plugins only.
 */
export function takeApp(host: Host, positionals: readonly string[]): AppAndOthers {
  const [first, ...others] = positionals;
  if (host.appName !== undefined && first !== host.appName) return { app: host.appName, others: positionals };
  return { app: first, others };
}

/** Refuses more arguments than the command takes. */
export function refuseSurplus(others: readonly string[], most: number): void {
  const surplus = others[most];
  if (surplus !== undefined) throw new Failure(`Unexpected argument "${printable(surplus)}"`);
}

export type Format = 'json' | 'stdout';

/** The value of `--format`, `stdout` when it is not given. */
export function parseFormat(value: string | undefined): Format {
  if (value === undefined || value === 'stdout') return 'stdout';
  if (value === 'json') return 'json';
  throw new Failure('Invalid format specified, supported formats: json, stdout');
}

/** Takes the app from the positional arguments, unless all apps are asked for. */
export function takeAppOrAll(host: Host, positionals: readonly string[], all: boolean): AppAndOthers {
  return all ? { app: undefined, others: positionals } : takeApp(host, positionals);
}

/** Refuses a flag that only says something about work over all apps. */
export function refuseWithoutAllApps(flag: string, value: string | undefined): void {
  if (value !== undefined) throw new Failure(`Flag --${flag} goes with --all-apps`);
}
