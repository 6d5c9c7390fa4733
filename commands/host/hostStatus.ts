import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { ALONGSIDE_MARKER } from '../../host/plugin/alongside';
import { listApps } from '../../host/dokku/apps';
import { EXECUTABLE, ownTree, STRAY_LINK } from '../../host/plugin/pluginTree';
import type { Host } from '../../host/dokku/environment';
import { isDisabled } from '../../host/plugin/answering';
import { type Installation, readInstallation } from '../../host/plugin/installation';
import { ownNames, type Places, placesOf, type Plugin, readPlugin } from '../../host/plugin/places';
import { buildsRoot } from '../../host/dokku/paths';
import { readQueue } from '../../subscribers/notifications/queue/queue';
import { brokenHistories } from './hostCheck';
import { defineCommand } from '../definition/command';
import { jsonFormat } from '../definition/flags';
import { printDetails } from '../shared/details';

/** A health check: exit status 0 if this plugin answers and every history is intact, else 1. */
export const hostStatus = defineCommand({
  description: 'Show which plugin answers and what to type if it is not this one',
  args: {},
  flags: { format: jsonFormat },
  example: '',
  programOnly: true,
  run({ host, output, flags: { format } }) {
    const places = placesOf(host);
    const status = statusOf(host, places, readInstallation(host));
    if (format === 'json') {
      output.line(JSON.stringify(status));
    } else {
      output.viewTitle('dokku-builds on this host');
      printDetails(output, lines(status), LABEL_COLUMNS);
    }
    return status.installed && status.broken_histories.length === 0 ? 0 : 1;
  },
});

const LABEL_COLUMNS = 19;

/** The state of the installation. Keys as in the JSON. */
interface Status {
  /** Whether this plugin is enabled and answers, for `builds:*` or alongside. */
  readonly installed: boolean;
  readonly mode: 'replace' | 'alongside' | 'none';
  /** Who answers `builds:*`. */
  readonly answers: 'dokku-builds' | 'another plugin' | 'nobody';
  /** Of the plugin that answers `builds:*`. */
  readonly version: string | null;
  readonly tree: string | null;
  /** Of the one that journals alongside. */
  readonly journal_version: string | null;
  /** True if an upgrade of Dokku's package has replaced the link of this plugin by its own. */
  readonly put_back: boolean;
  /** Where the link led before, for the uninstall. */
  readonly before: string | null;
  /** The name that it was installed under, besides `builds`. */
  readonly name: string | null;
  /** True if `plugin:disable` has removed the link of that name. */
  readonly disabled: boolean;
  /** True if Dokku has put a link into the plugin's directory, instead of replacing the plugin's link. */
  readonly stray_link: boolean;
  /** Apps whose history does not verify. */
  readonly broken_histories: readonly string[];
  /** Notifications that were not delivered yet. */
  readonly notifications_waiting: number;
  /** What to type; null when nothing needs to be done. */
  readonly to_do: string | null;
}

function statusOf(host: Host, places: Places, installation: Installation | undefined): Status {
  const builds = readPlugin(places.builds);
  // `plugin:install` can have given that name to the whole plugin, too.
  const journal = existsSync(join(places.journal, ALONGSIDE_MARKER)) ? readPlugin(places.journal) : undefined;
  const answering = builds?.tree === undefined ? 'nobody' : builds.ours ? 'dokku-builds' : 'another plugin';
  const mode = answering === 'dokku-builds' ? 'replace' : journal?.ours === true ? 'alongside' : 'none';
  const disabled = isDisabled(places, installation);
  const putBack = installation?.mode === 'replace' && answering === 'another plugin' && !disabled;
  const strayLink = builds?.ours === true && readPlugin(join(places.builds, STRAY_LINK))?.target !== undefined;
  const modeHost = { ...host, alongside: mode !== 'replace' }; // else the records are another plugin's
  return {
    installed: mode !== 'none' && !disabled,
    mode,
    answers: answering,
    version: builds?.version ?? null,
    tree: builds?.tree ?? null,
    journal_version: (journal?.ours === true && journal.version) || null,
    put_back: putBack,
    before: installation?.before ?? null,
    name: installation?.name ?? null,
    disabled,
    stray_link: strayLink,
    broken_histories: brokenHistories(modeHost, listApps(modeHost)).broken,
    notifications_waiting: readQueue(buildsRoot(host)).length,
    to_do: toDo(places, installation, mode, strayLink, builds),
  };
}

function toDo(
  places: Places,
  installation: Installation | undefined,
  mode: Status['mode'],
  strayLink: boolean,
  builds: Plugin | undefined,
): string | null {
  const { stable } = places;
  const program = readPlugin(stable)?.ours === true ? `${stable}/bin/dokku-builds` : join(ownTree(), EXECUTABLE);
  if (installation?.mode === 'none') {
    const isLeft = mode !== 'none' || ownNames(places).length > 0; // the uninstall was interrupted
    return `sudo ${program} ${isLeft ? 'host:uninstall' : 'host:install'}`;
  }
  if (isDisabled(places, installation)) return `sudo dokku plugin:enable ${installation?.name ?? ''}`;
  if (strayLink || (installation !== undefined && installation.mode !== mode)) {
    return `sudo ${program} host:install --again`;
  }
  if (mode === 'alongside' && builds?.tree !== undefined) return null;
  return mode === 'replace' ? null : `sudo ${program} host:install`;
}

function lines(status: Status): [string, string][] {
  const { version, journal_version: journal } = status;
  const answers = `${status.answers}${version === null ? '' : ` ${version}`}`;
  return [
    ['builds:*', answers],
    ['builds-journal:*', journal === null ? '' : `dokku-builds ${journal}`],
    ['From', status.tree ?? ''],
    ['Before', status.before ?? ''],
    ['Put back', status.put_back ? 'yes: Dokku has made its own link again, as an upgrade of its package does' : ''],
    ['Plugin', status.name === null ? '' : `${status.name}${status.disabled ? ', disabled' : ''}`],
    ['Stray link', status.stray_link ? 'yes: an upgrade of Dokku has made a link in the directory of the plugin' : ''],
    ['Broken histories', status.broken_histories.join(' ')],
    ['Messages waiting', status.notifications_waiting === 0 ? '' : String(status.notifications_waiting)],
    ['To do', status.to_do ?? 'nothing'],
  ];
}
