import { Failure, printable } from '../host/failure';
import { type AppName, asAppName, type BuildId, parseBuildId } from '../host/dokku/names';

/** The first two arguments of the record triggers. */
export interface BuildArguments {
  readonly app: AppName;
  readonly build: BuildId;
}

/**
 * The app and the build of a record trigger; undefined if the "app" is a flag: `ps:restart --all` deploys no app, and
 * is not recorded. Throws {@link Failure} for a name or an id that is not valid, before any file is touched.
 */
export function buildArguments(args: readonly string[]): BuildArguments | undefined {
  const [name = '', id = ''] = args;
  if (name.startsWith('-')) return undefined;
  return { app: appArgument(name), build: parseBuildId(id) };
}

/** An app name. The app need not exist (any more, or yet). */
export function appArgument(name: string | undefined): AppName {
  const app = asAppName(name ?? '');
  if (app === undefined) throw new Failure(`Invalid app name "${printable(name ?? '')}"`);
  return app;
}

/** A whole number, as a pid (`least` 1) or an exit code is one. */
export function wholeNumberArgument(what: string, text: string | undefined, least: number): number {
  const value = /^-?\d{1,10}$/.test(text ?? '') ? Number(text) : Number.NaN;
  if (!(value >= least)) throw new Failure(`Invalid ${what} "${printable(text ?? '')}"`);
  return value;
}
