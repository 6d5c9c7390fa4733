import { Failure, printable } from '../host/failure';
import { type AppName, asAppName, type BuildId, parseBuildId } from '../host/dokku/names';

/** What the record triggers are called with first. */
export interface BuildArguments {
  readonly app: AppName;
  readonly build: BuildId;
}

/**
 * The app and the build of a record trigger; undefined for an "app" that is a flag: `ps:restart --all` is a deploy of
 * none, and leaves nothing on record. Throws {@link Failure} for what can be no app or no build, before any file is
 * touched.
 */
export function buildArguments(args: readonly string[]): BuildArguments | undefined {
  const [name = '', id = ''] = args;
  if (name.startsWith('-')) return undefined;
  return { app: appArgument(name), build: parseBuildId(id) };
}

/** An app name, of an app that need not exist (any more, or yet). */
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
