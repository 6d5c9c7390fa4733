import { asRevision } from './revision';

/** What the command line of a deploy's process says. */
export interface DeployCommand {
  /** The first word of the `dokku` command; its arguments may be secrets. */
  readonly command?: string;
  /** The commit that was pushed. */
  readonly revision?: string;
}

/** A push: `bash …/git/receive-app <app> <revision>`. */
const RECEIVE_APP = '/git/receive-app';

/** What `dokku` takes before the command, and how many values follow. */
const GLOBAL_FLAGS: Readonly<Record<string, number>> = { '--quiet': 0, '--trace': 0, '--force': 0, '--app': 1 };

/** Reads the arguments of the process that Dokku deploys in, such as `bash /usr/bin/dokku ps:restart shop`. */
export function readDeployCommand(args: readonly string[]): DeployCommand {
  const push = args.findIndex((argument) => argument.endsWith(RECEIVE_APP));
  if (push >= 0) {
    const revision = asRevision(args[push + 2]);
    return { command: 'git-receive-pack', ...(revision !== undefined && { revision }) };
  }
  const dokku = args.slice(0, 2).findIndex((argument) => /(^|\/)dokku$/.test(argument));
  let at = dokku + 1;
  if (dokku < 0) return {};
  while (args[at] !== undefined && Object.hasOwn(GLOBAL_FLAGS, args[at] ?? ''))
    at += 1 + (GLOBAL_FLAGS[args[at] ?? ''] ?? 0);
  const command = args[at];
  return command !== undefined && /^[a-z][a-z0-9:_-]{0,63}$/.test(command) ? { command } : {};
}
