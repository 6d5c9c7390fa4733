import type { Call } from '../host/call';
import { handOver, nextTarget } from '../host/plugin/answering';
import { readInstallation, writeInstallation } from '../host/plugin/installation';
import { buildsRoot } from '../host/dokku/paths';
import { placesOf, readTarget } from '../host/plugin/places';
import { availableName } from '../host/plugin/role';
import { removeDurably } from '../host/files/durable';
import { install } from './install';

/**
 * `uninstall <name>`, as root: `plugin:uninstall` calls it in every plugin, with the name of the one that it removes
 * next. If that is this one, the plugin that answered before answers again. The history stays. `enabled/builds` says
 * who answers, also if the file that describes the installation is lost.
 */
export function uninstall({ host, output, args }: Call): undefined {
  const [name = ''] = args;
  const { builds } = placesOf(host);
  const installation = readInstallation(host);
  if (availableName(host.pluginPath, readTarget(builds) ?? '') !== name) {
    // Dokku has made its own link again. No call takes over while the files are removed.
    if (installation?.name === name) writeInstallation(host, { ...installation, mode: 'none' });
    return;
  }
  install({ host, output, args: [] }); // the stock plugin reads the records alone
  const target = nextTarget(host, name);
  if (target === undefined) {
    writeInstallation(host, { mode: 'none', before: null, name });
    removeDurably(builds); // Dokku makes its own link only if there is none
    output.warn('No stock plugin to give builds:* back to; a reinstall of the package dokku makes it');
    return;
  }
  handOver(host, name, target, 'none');
  output.step(`builds:* is answered by ${target} again; the history stays in ${buildsRoot(host)}`);
}
