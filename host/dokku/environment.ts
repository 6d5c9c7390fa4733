import { join } from 'node:path';

import { asRevision } from './revision';

import { isAlongsideTree } from '../plugin/alongside';

/** What the environment of a call says about the host and the caller. Paths are absolute. */
export interface Host {
  /** Where apps live, one directory each: `$DOKKU_ROOT`. */
  readonly dokkuRoot: string;
  /** Where Dokku keeps data and properties: `$DOKKU_LIB_ROOT`. */
  readonly libRoot: string;
  /** Where plugn finds plugins; `enabled` below it holds those that answer: `$PLUGIN_PATH`. */
  readonly pluginPath: string;
  /** `dokku --app NAME`. */
  readonly appName: string | undefined;
  /** `dokku --quiet`: no `=====>` headers. */
  readonly quiet: boolean;
  /** `dokku --trace`: failures show their stack. */
  readonly trace: boolean;
  /** Exit status of `commands` for a command of another plugin. */
  readonly notImplementedExit: number;
  readonly caller: Caller;
  /** The commit that is deployed, if the caller gives it: `$GIT_REV`, a whole hash. */
  readonly revision?: string;
  /** The build that the caller's deploy is: `$DOKKU_BUILD_ID`. */
  readonly buildId?: string;
  /** The stock plugin answers `builds:*` and keeps the records; this program only journals. */
  readonly alongside: boolean;
}

/** Who calls. Empty values are absent, never guessed. */
interface Caller {
  /** `$SSH_USER`. */
  readonly user?: string;
  /** Name of the ssh key: `$SSH_NAME`, or `$NAME`. */
  readonly key?: string;
  /** First word of `$SSH_ORIGINAL_COMMAND`; its arguments may be secrets and are never read further. */
  readonly command?: string;
}

/**
 * The host that `env` describes, with Dokku's defaults where it is silent. `alongside` is what the plugin tree says.
 */
export function readHost(env: NodeJS.ProcessEnv, alongside = isAlongsideTree()): Host {
  const revision = asRevision(env['GIT_REV']);
  const libRoot = env['DOKKU_LIB_ROOT'] || '/var/lib/dokku';
  return {
    dokkuRoot: env['DOKKU_ROOT'] || '/home/dokku',
    libRoot,
    pluginPath: env['PLUGIN_PATH'] || join(libRoot, 'plugins'),
    appName: env['DOKKU_APP_NAME'] || undefined,
    quiet: Boolean(env['DOKKU_QUIET_OUTPUT']),
    trace: Boolean(env['DOKKU_TRACE']),
    notImplementedExit: failureStatus(env['DOKKU_NOT_IMPLEMENTED_EXIT']) ?? 10,
    caller: readCaller(env),
    ...(revision !== undefined && { revision }),
    ...(env['DOKKU_BUILD_ID'] && { buildId: env['DOKKU_BUILD_ID'] }),
    alongside,
  };
}

/** An exit status that says that something failed; undefined for anything else. */
function failureStatus(text = ''): number | undefined {
  const status = /^[0-9]{1,3}$/.test(text) ? Number(text) : 0;
  return status >= 1 && status <= 255 ? status : undefined;
}

function readCaller(env: NodeJS.ProcessEnv): Caller {
  const user = word(env['SSH_USER']);
  const key = word(env['SSH_NAME'] || env['NAME']);
  const command = word(env['SSH_ORIGINAL_COMMAND']?.trimStart().split(/\s/, 1)[0]);
  return { ...(user && { user }), ...(key && { key }), ...(command && { command }) };
}

const WORD_LENGTH = 200;

/** One line of printable text, at most 200 characters; undefined when nothing is left. */
function word(text: string | undefined): string | undefined {
  // eslint-disable-next-line no-control-regex
  return text?.replace(/[\u0000-\u001f\u007f-\u009f]/g, '').slice(0, WORD_LENGTH) || undefined;
}
