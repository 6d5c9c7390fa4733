import type { Host } from '../host/dokku/environment';
import type { AppBuilds } from '../host/dokku/paths';
import type { System } from '../host/system/system';
import type { Warn } from '../host/failure';
import type { BuildCommand } from '../journal/commands';
import { type Handled, handleCommands } from '../journal/handleCommands';
import type { History } from '../journal/history';
import { type Loaded, loadHistory } from '../journal/loadHistory';
import { adoptRecords, warnOfNotAdopted } from '../projections/records/adoptRecords';
import { updateFiles } from '../projections/records/updateFiles';
import { notifySubscribers } from './notifySubscribers';

/** One app, and what a change of its history needs. */
export interface AppContext {
  readonly host: Host;
  readonly builds: AppBuilds;
  readonly system: System;
  readonly warn: Warn;
}

/**
 * - `own`: the files of the builds that are changed. For the triggers of a deploy, whose work must not grow with the
 *   number of files.
 * - `all`: records of other programs are adopted first, every record is compared, and leftovers of crashes are
 *   removed.
 */
export type Scope = 'own' | 'all';

/**
 * The one way to change an app's history: load it, decide, append and sync, update the files, notify the subscribers.
 * `plan` gives the commands for the history as it was loaded. Throws what `decide` throws, and `JournalNotWritten`.
 */
export function changeHistory(
  context: AppContext,
  scope: Scope,
  plan: (history: History) => readonly BuildCommand[],
): Handled {
  const loaded = load(context, scope);
  const handled = handleCommands(context.builds.directory, loaded, plan(loaded.history), context.system);
  publish(context, scope, handled);
  return handled;
}

/** The history of an app, as it is loaded before a change. */
export function load({ builds, system, warn }: AppContext, scope: Scope): Loaded {
  if (scope === 'own') return loadHistory(builds.directory);
  const adopted = adoptRecords(builds, system, warn);
  warnOfNotAdopted(builds, adopted, warn);
  return adopted.loaded;
}

/** Updates the files and notifies the subscribers, after the events are on disk. A failure is only a warning. */
function publish({ host, builds, system, warn }: AppContext, scope: Scope, handled: Handled): void {
  updateFiles(builds, handled.loaded, scope === 'own' ? 'changed' : 'all', system, warn);
  notifySubscribers(host, builds, handled, warn);
}
