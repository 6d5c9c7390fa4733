import type { Call } from '../host/call';
import { allowedApps, listApps } from '../host/dokku/apps';
import { asAppName, asBuildId } from '../host/dokku/names';
import { buildsDirectory } from '../host/dokku/paths';
import { listDirectory } from '../host/files/files';
import type { Via } from './definition/command';
import { completionsOf, type Known } from './definition/completions';
import { loadCommands } from './programs';

/**
 * `dokku-builds complete plugin|program WORD...`, for the completion of shells: prints what the last word may become,
 * one a line, each with its help behind a tab. `plugin` is for `dokku builds:<command>`. Prints nothing if something
 * fails: a completion must not print messages.
 */
export async function complete({ host, output, args }: Call): Promise<undefined> {
  const [via, ...words] = args;
  const known: Known = {
    apps: () => allowedApps(host, listApps(host)),
    builds(name) {
      const app = asAppName(name);
      if (app === undefined || allowedApps(host, [app]).length === 0) return [];
      const ids = listDirectory(buildsDirectory(host, app))
        .filter((file) => file.endsWith('.json'))
        .map((file) => asBuildId(file.slice(0, -'.json'.length)))
        .filter((id) => id !== undefined);
      return ids.sort().reverse(); // ids of our own sort by time
    },
  };
  try {
    const commands = await loadCommands();
    const caller: Via = via === 'plugin' ? 'plugin' : 'program';
    for (const [word, help] of completionsOf(commands, caller, words, known)) output.line(`${word}\t${help}`);
  } catch {
    // no completions
  }
}
