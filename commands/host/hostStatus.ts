import { join } from 'node:path';

import { EXECUTABLE, ownTree } from '../../host/dokku/pluginTree';
import { visible } from '../../host/failure';
import { type Memory, readMemory } from './hostMemory';
import { type Places, placesOf, type Plugin, readPlugin } from './hostPlaces';
import { defineCommand } from '../definition/command';
import { jsonFormat } from '../definition/flags';

/** Exit status 0 when this plugin answers, else 1. */
export const hostStatus = defineCommand({
  description: 'Say which plugin answers and what to type when it is not this one',
  args: {},
  flags: { format: jsonFormat },
  example: '',
  programOnly: true,
  run({ host, output, flags: { format } }) {
    const places = placesOf(host);
    const status = statusOf(places, readMemory(host));
    if (format === 'json') {
      output.line(JSON.stringify(status));
    } else {
      output.viewTitle('dokku-builds on this host');
      for (const [label, value] of lines(status)) {
        if (value !== '') output.verbose(`${`${label}:`.padEnd(LABEL_COLUMNS)}${visible(value)}`);
      }
    }
    return status.installed ? 0 : 1;
  },
});

const LABEL_COLUMNS = 19;

/** What is so on the host. Keys as they are in JSON. */
interface Status {
  /** Whether this plugin answers, for `builds:*` or alongside. */
  readonly installed: boolean;
  readonly mode: 'replace' | 'alongside' | 'none';
  /** Who answers `builds:*`. */
  readonly answers: 'dokku-builds' | 'another plugin' | 'nobody';
  /** Of who answers `builds:*`. */
  readonly version: string | null;
  readonly tree: string | null;
  /** Of the one that journals alongside. */
  readonly journal_version: string | null;
  /** It was installed, and Dokku (an upgrade of its package) has put its own link back since. */
  readonly put_back: boolean;
  /** What the link said before, for the uninstall. */
  readonly before: string | null;
  /** What to type; null when nothing needs to be done. */
  readonly to_do: string | null;
}

function statusOf(places: Places, memory: Memory | undefined): Status {
  const builds = readPlugin(places.builds);
  const journal = readPlugin(places.journal);
  const answering = builds?.tree === undefined ? 'nobody' : builds.ours ? 'dokku-builds' : 'another plugin';
  const mode = answering === 'dokku-builds' ? 'replace' : journal?.ours === true ? 'alongside' : 'none';
  const putBack = memory?.mode === 'replace' && answering !== 'dokku-builds';
  return {
    installed: mode !== 'none',
    mode,
    answers: answering,
    version: builds?.version ?? null,
    tree: builds?.tree ?? null,
    journal_version: (journal?.ours === true && journal.version) || null,
    put_back: putBack,
    before: memory?.before ?? null,
    to_do: toDo(places, memory, mode, builds),
  };
}

function toDo({ stable }: Places, memory: Memory | undefined, mode: Status['mode'], builds?: Plugin): string | null {
  const program = readPlugin(stable)?.ours === true ? `${stable}/bin/dokku-builds` : join(ownTree(), EXECUTABLE);
  if (memory?.mode === 'none') return `sudo ${program} host:uninstall`; // it was interrupted
  if (memory !== undefined && memory.mode !== mode) return `sudo ${program} host:install --again`;
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
    ['To do', status.to_do ?? 'nothing'],
  ];
}
