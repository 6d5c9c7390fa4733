import type { Call } from '../host/call';
import { nextTarget } from '../host/dokku/answering';
import { readInstallation, writeInstallation } from '../host/dokku/installation';
import { placesOf, replaceLink } from '../host/dokku/places';
import { buildsRoot } from '../host/dokku/paths';
import { install } from './install';

/**
 * `uninstall <name>`, as root: `plugin:uninstall` calls it in every plugin, with the name of the one that it removes
 * next. If that is this one, the plugin that answered before answers again. The history stays.
 */
export function uninstall({ host, output, args }: Call): undefined {
  const [name = ''] = args;
  const installation = readInstallation(host);
  if (installation?.mode !== 'replace' || installation.name !== name) return;
  install({ host, output, args: [] }); // the stock plugin reads the records alone
  const target = nextTarget(host, name);
  writeInstallation(host, { ...installation, mode: 'none' }); // so that no call takes over while its files are removed
  if (target === undefined) {
    output.warn('No stock plugin to give builds:* back to; a reinstall of the package dokku makes it');
    return;
  }
  replaceLink(placesOf(host).builds, target);
  output.step(`builds:* is answered by ${target} again; the history stays in ${buildsRoot(host)}`);
}
