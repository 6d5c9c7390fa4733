import { AppDoesNotExist, Failure, printable } from '../failure';

declare const brand: unique symbol;

/**
 * A name that has been checked to be an app's (`^[a-z0-9][a-z0-9._-]*$`, at most 255 bytes): safe as a path segment.
 */
export type AppName = string & { readonly [brand]: 'AppName' };

/**
 * An id that has been checked to be a build's (`^[A-Za-z0-9][A-Za-z0-9_-]*$`, at most 128 bytes): safe as a path
 * segment.
 */
export type BuildId = string & { readonly [brand]: 'BuildId' };

const APP_NAME = /^[a-z0-9][a-z0-9._-]*$/;
const BUILD_ID = /^[A-Za-z0-9][A-Za-z0-9_-]*$/;
const APP_NAME_BYTES = 255;
const BUILD_ID_BYTES = 128; // with `.json` and a temporary suffix it still is a file name

/** `text` as an app name, or undefined when no app can have that name. */
export function asAppName(text: string): AppName | undefined {
  return text.length <= APP_NAME_BYTES && APP_NAME.test(text) ? (text as AppName) : undefined;
}

/**
 * `text` as an app name. An impossible name is that of an app that does not exist: {@link AppDoesNotExist} (exit 20).
 */
export function parseAppName(text: string): AppName {
  const app = asAppName(text);
  if (app === undefined) throw new AppDoesNotExist(text);
  return app;
}

/** `text` as a build id, or undefined when it is none. */
export function asBuildId(text: string): BuildId | undefined {
  return text.length <= BUILD_ID_BYTES && BUILD_ID.test(text) ? (text as BuildId) : undefined;
}

/** `text` as a build id; throws {@link Failure} (exit 1) before any file is touched. */
export function parseBuildId(text: string): BuildId {
  const id = asBuildId(text);
  if (id === undefined) throw new Failure(`Invalid build id "${printable(text)}" (letters, digits, - and _ only)`);
  return id;
}

const CLOCK_DIGITS = 8;
const RANDOM_DIGITS = 6;

/** A new build id: 8 base-36 digits of the clock `now` (ms since the epoch), then 6 random ones; sorts by time. */
export function generateBuildId(now: number): BuildId {
  const clock = now.toString(36).padStart(CLOCK_DIGITS, '0').slice(-CLOCK_DIGITS);
  const digits = Math.floor(Math.random() * 36 ** RANDOM_DIGITS)
    .toString(36)
    .padStart(RANDOM_DIGITS, '0');
  return (clock + digits) as BuildId;
}

/** Whether `id` has the form that {@link generateBuildId} gives: such ids sort by the time they were made. */
export function isGeneratedBuildId(id: BuildId): boolean {
  return /^[0-9a-z]{14}$/.test(id);
}
