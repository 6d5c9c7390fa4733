import type { CommandName } from '../commandTable';

/** The commands that are offered alongside the stock plugin: those that change nothing but what is our own. */
export const alongsideCommands: ReadonlySet<string> = new Set<CommandName>([
  'list',
  'info',
  'output',
  'report',
  'stats',
  'events',
  'replay',
  'verify',
  'page',
  'watch',
]);

/** The triggers that are answered alongside the stock plugin. Ids and properties are its own business. */
export const alongsideTriggers: ReadonlySet<string> = new Set([
  'builds-record-start',
  'builds-record-finalize',
  'builds-record-discard',
  'install',
  'post-delete',
  'post-app-rename-setup',
]);
