import fs from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';

import fastGlob from 'fast-glob';

import type { Call } from '../host/call';
import type { Host } from '../host/dokku/environment';
import { type AppName, asAppName } from '../host/dokku/names';
import { appBuilds, buildsRoot, propertiesRoot } from '../host/dokku/paths';
import { isPluginTree, ownTree, STRAY_LINK } from '../host/plugin/pluginTree';
import { errorCode, reasonOf, type Warn } from '../host/failure';
import { asOwnerOf } from '../host/system/asOwner';
import { fileVersion } from '../host/files/fileVersion';
import { removeFile, syncDirectory } from '../host/files/files';
import { readSmallFile } from '../host/files/openFile';
import { replaceFile } from '../host/files/replaceFile';
import { entryOf, inDirectory, openEntry } from '../host/files/ownedDirectory';
import { syncFileSystem } from '../host/files/syncFileSystem';
import { type System, thisSystem } from '../host/system/system';
import { appProgress } from '../host/terminal/appProgress';
import { countRead, showProgress } from '../host/terminal/progress';
import type { Output } from '../host/terminal/output';
import { JOURNAL_FILE } from '../journal/file/journalFile';
import { adoptRecords, warnOfNotAdopted } from '../projections/records/adoptRecords';
import { updateFiles } from '../projections/records/updateFiles';
import { change, modeOfData, modeOfProperty, type Owner, repairEntry } from './repairOwnership';

/**
 * `install`, as root, when any plugin is installed or updated: makes the data and property directories, owned by
 * `dokku`, and adopts the records that are there. May be run any number of times: it skips each app whose directory
 * has not changed since the last run, so that a repeated run takes little time. Exit status 1 if an app's records
 * could not be adopted.
 */
export function install({ host, output }: Call): number {
  removeStrayLink();
  const before = readStates(host);
  const [data, properties] = [buildsRoot(host), propertiesRoot(host)];
  const changed = repairChanged(host, data, before, output);
  repairChanged(host, properties, before, output);
  const isComplete = asOwnerOf(host.dokkuRoot, () => {
    const apps = appsWithBuilds(data, changed);
    const progress = appProgress(apps.size);
    const warn = (message: string): void => {
      progress.clear();
      output.warn(message);
    };
    const afterSync: (() => void)[] = [];
    const system: System = { ...thisSystem, afterSync: (work) => afterSync.push(work) };
    const unfinished = new Set<string>();
    let everyAppIsAdopted = true;
    for (const [app, { hasRecords }] of apps) {
      const outcome = adopt(host, warn, app, system);
      if (outcome !== 'done') unfinished.add(app);
      if (outcome === 'not adopted' && hasRecords) everyAppIsAdopted = false;
      progress.done();
    }
    progress.clear();
    if (apps.size > 0) syncFileSystem(data); // also what an install has adopted that was killed before this line
    for (const work of afterSync) work();
    storeStates(host, { ...statesIn(data, unfinished), ...statesIn(properties, new Set()) }, output);
    return everyAppIsAdopted;
  });
  return isComplete ? 0 : 1;
}

/** Those of the directories `names` in `root` that belong to an app and hold a record or a journal. */
function appsWithBuilds(root: string, names: readonly string[]): ReadonlyMap<AppName, { hasRecords: boolean }> {
  const apps = new Map<AppName, { hasRecords: boolean }>();
  if (names.length === 0) return apps;
  const files = fastGlob.sync(`*/{*.json,${JOURNAL_FILE}}`, {
    cwd: root,
    followSymbolicLinks: false,
    suppressErrors: true,
    unique: false,
  });
  const hasRecords = new Map<string, boolean>();
  for (const file of files) {
    const name = dirname(file);
    hasRecords.set(name, hasRecords.get(name) === true || file.endsWith('.json'));
  }
  for (const name of names) {
    const app = hasRecords.has(name) ? asAppName(name) : undefined;
    if (app !== undefined) apps.set(app, { hasRecords: hasRecords.get(name) === true });
  }
  return apps;
}

/** An upgrade of Dokku that finds `enabled/builds` can make its own link in the directory that this leads to. */
function removeStrayLink(): void {
  const tree = ownTree();
  const stray = join(tree, STRAY_LINK);
  if (isPluginTree(tree) && fs.lstatSync(stray, { throwIfNoEntry: false })?.isSymbolicLink() === true)
    removeFile(stray);
}

/**
 * Makes the directory `root`, and gives each entry that has changed since `before` to `dokku`. Returns the names of
 * those entries; none if a link leads there.
 */
function repairChanged(host: Host, root: string, before: States, output: Output): string[] {
  const owner = ownerOf(host);
  const modeOf = root === buildsRoot(host) ? modeOfData : modeOfProperty;
  const changed = inDirectory(
    host.libRoot,
    relative(host.libRoot, root).split(sep),
    (fd) => {
      const names = fs.readdirSync(entryOf(fd));
      const touched = names.filter((name) => before[join(root, name)] !== fileVersion(entryOf(fd, name)));
      if (owner) for (const name of touched) repairEntry(fd, name, root, owner, modeOf, output.warn);
      return touched;
    },
    (fd, name) => {
      makeOwn(fd, name, owner);
    },
  );
  if (changed === undefined) output.warn(`A symbolic link leads to ${root}; what is there is left to its owner`);
  return changed ?? [];
}

/** Who is to own the data; undefined if this process cannot give anything to another user, or there is no `dokku`. */
function ownerOf(host: Host): Owner | undefined {
  return process.geteuid?.() === 0 ? fs.statSync(host.dokkuRoot, { throwIfNoEntry: false }) : undefined;
}

/** Makes the directory `name`, unless it exists, in the directory that `fd` is open on, and gives it to `owner`. */
function makeOwn(fd: number, name: string, owner: Owner | undefined): void {
  try {
    fs.mkdirSync(entryOf(fd, name), 0o755);
    syncDirectory(entryOf(fd)); // all that is recorded lies below
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
  }
  const made = owner && openEntry(entryOf(fd, name), fs.constants.O_DIRECTORY);
  if (made === undefined || owner === undefined) return;
  try {
    change(made, fs.fstatSync(made), owner, 0o755);
  } finally {
    fs.closeSync(made);
  }
}

/** `files left`: the records are in the journal, but a file made from it could not be written or removed. */
type Outcome = 'done' | 'files left' | 'not adopted';

/** Adopts the records of an app. A failure does not keep other apps from being adopted. */
function adopt(host: Host, warn: Warn, app: AppName, system: System): Outcome {
  try {
    const builds = appBuilds(host, app);
    const progress = showProgress();
    const adopted = adoptRecords(builds, system, warn, countRead(app, 'records', progress));
    progress.clear();
    warnOfNotAdopted(builds, adopted, warn);
    const { loaded, texts } = adopted;
    if (loaded.inMemory === true) return 'not adopted';
    return updateFiles(builds, loaded, 'all', thisSystem, warn, texts) ? 'done' : 'files left';
  } catch (error) {
    warn(`${app}: ${reasonOf(error)}`);
    return 'not adopted';
  }
}

/**
 * The state of each directory after it was repaired and adopted, by its path. It changes with the content of the
 * directory and with its owner.
 */
type States = Readonly<Record<string, string>>;

const STATES_FILE = '.installed';
const LIMIT_BYTES = 16 * 1024 * 1024;

/** Empty if another version of the program made the file: this one may have more to do. */
function readStates(host: Host): States {
  try {
    const text = readSmallFile(join(buildsRoot(host), STATES_FILE), LIMIT_BYTES) ?? '';
    const { program, states } = JSON.parse(text) as { program: string; states: States };
    return program === thisProgram() ? states : {};
  } catch {
    return {};
  }
}

function storeStates(host: Host, states: States, output: Output): void {
  try {
    const text = JSON.stringify({ program: thisProgram(), states });
    replaceFile(join(buildsRoot(host), STATES_FILE), text, { mode: 0o644, durable: false });
  } catch (error) {
    output.warn(`${STATES_FILE}: ${reasonOf(error)}`); // only the next call takes longer
  }
}

/** Which program this is. Not by the time of its last change: that differs also when its file gets another name. */
function thisProgram(): string {
  const { ino, size, mtimeMs } = fs.statSync(process.execPath);
  return `${ino} ${size} ${mtimeMs}`;
}

/** Of every directory in `root`. */
function statesIn(root: string, without: ReadonlySet<string>): States {
  const entries = fs.existsSync(root) ? fs.readdirSync(root, { withFileTypes: true }) : [];
  const directories = entries.filter((entry) => entry.isDirectory() && !without.has(entry.name));
  return Object.fromEntries(directories.map(({ name }) => [join(root, name), fileVersion(join(root, name))]));
}
