import type { Handler } from '../host/call';
import type { CommandName } from './commandTable';

/*
 * What the program can be called by. A module is loaded when its name is, and not before: each call is a process of its own, three of them in every deploy.
 */

type Load = () => Promise<Handler>;

/** Loads the handler of each trigger, by the name of its executable. */
export const triggers: Readonly<Record<string, Load>> = {
  'builds-generate-id': async () => (await import('../triggers/buildsGenerateId')).buildsGenerateId,
  'builds-record-start': async () => (await import('../triggers/buildsRecordStart')).buildsRecordStart,
  'builds-record-finalize': async () => (await import('../triggers/buildsRecordFinalize')).buildsRecordFinalize,
  'builds-record-discard': async () => (await import('../triggers/buildsRecordDiscard')).buildsRecordDiscard,
  install: async () => (await import('../triggers/install')).install,
  'post-delete': async () => (await import('../triggers/postDelete')).postDelete,
  'post-app-rename-setup': async () => (await import('../triggers/postAppRenameSetup')).postAppRenameSetup,
  'post-app-clone-setup': async () => (await import('../triggers/postAppCloneSetup')).postAppCloneSetup,
};

/** Loads the handler of each command, by its name without `builds:`. */
export const commands: Readonly<Record<CommandName, Load>> = {
  list: async () => (await import('./list/list')).list,
  info: async () => (await import('./info')).info,
  output: async () => (await import('./output/output')).output,
  cancel: async () => (await import('./cancel')).cancel,
  prune: async () => (await import('./prune')).prune,
  report: async () => (await import('./report')).report,
  set: async () => (await import('./set')).set,
  stats: async () => (await import('./stats/stats')).stats,
  events: async () => (await import('./events')).events,
  replay: async () => (await import('./replay')).replay,
  verify: async () => (await import('./verify/verify')).verify,
  capture: async () => (await import('./capture')).capture,
  notify: async () => (await import('./notify')).notify,
  page: async () => (await import('./page/page')).page,
  watch: async () => (await import('./watch/watch')).watch,
};

/** Loads the handler of each command that is about the host and not about builds: `dokku-builds host:install`. */
export const hostCommands: Readonly<Record<string, Load>> = {
  'host:install': async () => (await import('./host/hostInstall')).hostInstall,
  'host:uninstall': async () => (await import('./host/hostUninstall')).hostUninstall,
  'host:status': async () => (await import('./host/hostStatus')).hostStatus,
};

/** What else the program can be started as. */
export const others: Readonly<Record<string, Load>> = {
  commands: async () => (await import('./help')).commands,
  'builds-deliver': async () => (await import('../subscribers/notifications/delivery/deliver')).deliver,
  'over-all-apps-worker': async () => (await import('./allApps/worker')).worker,
};
