import type { Handler } from '../host/call';
import { buildsRecordDiscard } from '../triggers/buildsRecordDiscard';
import { buildsRecordFinalize } from '../triggers/buildsRecordFinalize';
import { buildsRecordStart } from '../triggers/buildsRecordStart';
import type { Command } from './definition/command';
import { info } from './info';
import { list } from './list/list';
import { report } from './report';

/*
 * All names that this executable can be called by. Each call is a process of its own, and every deploy makes three.
 * The everyday programs are loaded together; each other one is loaded only if it is called.
 */

type Load<T> = () => T | Promise<T>;

/** Every trigger that plugn runs, by the name of its executable. */
export const triggers: Readonly<Record<string, Load<Handler>>> = {
  'builds-generate-id': async () => (await import('../triggers/buildsGenerateId')).buildsGenerateId,
  'builds-record-start': () => buildsRecordStart,
  'builds-record-finalize': () => buildsRecordFinalize,
  'builds-record-discard': () => buildsRecordDiscard,
  'post-extract': async () => (await import('../triggers/noteDeploy')).postExtract,
  'post-deploy': async () => (await import('../triggers/noteDeploy')).postDeploy,
  install: async () => (await import('../triggers/install')).install,
  uninstall: async () => (await import('../triggers/uninstall')).uninstall,
  'post-delete': async () => (await import('../triggers/postDelete')).postDelete,
  'post-app-rename-setup': async () => (await import('../triggers/postAppRenameSetup')).postAppRenameSetup,
  'post-app-clone-setup': async () => (await import('../triggers/postAppCloneSetup')).postAppCloneSetup,
};

/** The triggers that the plugin has alongside the stock plugin. Ids and properties are the stock plugin's. */
export const alongsideTriggers: ReadonlySet<string> = new Set([
  'builds-record-start',
  'builds-record-finalize',
  'builds-record-discard',
  'install',
  'post-delete',
  'post-app-rename-setup',
]);

/** First argument of the program of a worker thread. */
export const WORKER = 'over-all-apps-worker';

/** Other programs: the plugin's `commands`, and those that the executable starts itself. */
export const others: Readonly<Record<string, Load<Handler>>> = {
  commands: async () => (await import('./help')).commands,
  complete: async () => (await import('./complete')).complete,
  'builds-deliver': async () => (await import('../subscribers/notifications/delivery/deliver')).deliver,
  'builds-after-deploy': async () => (await import('../subscribers/afterDeploy/afterDeploy')).afterDeploy,
  'builds-update-pages': async () => (await import('../subscribers/page/updatePages')).updatePages,
  [WORKER]: async () => (await import('./allApps/worker')).worker,
};

/** Every command by its name without `builds:`, in the order of the help. */
export const commands: Readonly<Record<string, Load<Command>>> = {
  list: () => list,
  info: () => info,
  output: async () => (await import('./output/output')).output,
  wait: async () => (await import('./output/wait')).wait,
  cancel: async () => (await import('./cancel/cancel')).cancel,
  prune: async () => (await import('./prune')).prune,
  report: () => report,
  set: async () => (await import('./set')).set,
  releases: async () => (await import('./releases')).releases,
  stats: async () => (await import('./stats/stats')).stats,
  metrics: async () => (await import('./metrics')).metrics,
  events: async () => (await import('./events/events')).events,
  replay: async () => (await import('./replay')).replay,
  verify: async () => (await import('./verify/verify')).verify,
  capture: async () => (await import('./capture/capture')).capture,
  notify: async () => (await import('./notify')).notify,
  page: async () => (await import('./page/page')).page,
  watch: async () => (await import('./watch/watch')).watch,
  'host:install': async () => (await import('./host/hostInstall')).hostInstall,
  'host:uninstall': async () => (await import('./host/hostUninstall')).hostUninstall,
  'host:status': async () => (await import('./host/hostStatus')).hostStatus,
  'fleet:join': async () => (await import('./fleet/fleetJoin')).fleetJoin,
  'fleet:agent': async () => (await import('./fleet/host/fleetAgent')).fleetAgent,
  'fleet:push': async () => (await import('./fleet/host/fleetPush')).fleetPush,
  'fleet:status': async () => (await import('./fleet/fleetStatus')).fleetStatus,
  'fleet:leave': async () => (await import('./fleet/fleetLeave')).fleetLeave,
  'fleet:list': async () => (await import('./fleet/reader/fleetList')).fleetList,
  'fleet:info': async () => (await import('./fleet/reader/fleetInfo')).fleetInfo,
  'fleet:events': async () => (await import('./fleet/reader/fleetEvents')).fleetEvents,
  'fleet:stats': async () => (await import('./fleet/reader/fleetStats')).fleetStats,
  'fleet:watch': async () => (await import('./fleet/reader/fleetWatch')).fleetWatch,
  'fleet:page': async () => (await import('./fleet/reader/fleetPage')).fleetPage,
  'fleet:verify': async () => (await import('./fleet/reader/fleetVerify')).fleetVerify,
  'fleet:restore': async () => (await import('./fleet/host/fleetRestore')).fleetRestore,
  'fleet:init': async () => (await import('./fleet/server/fleetInit')).fleetInit,
  'fleet:server-config': async () => (await import('./fleet/server/fleetServerConfig')).fleetServerConfig,
};

/** A command with its name. */
export interface NamedCommand {
  readonly name: string;
  readonly command: Command;
}

/** Loads every command, for output that is made from all definitions. */
export function loadCommands(): Promise<NamedCommand[]> {
  return Promise.all(Object.entries(commands).map(async ([name, load]) => ({ name, command: await load() })));
}
