/** What is said of a command: shown by `builds:help` and `help --all`, and what the program can be called by. */
export interface CommandEntry {
  /** Without `builds:`. */
  readonly name: string;
  /** No commas, here and in the description: `dokku help --all` makes columns at them. */
  readonly args: string;
  readonly description: string;
}

/** Every `builds:*` command, in the order of help. */
export const commandTable = [
  {
    name: 'list',
    args: '[<app>] [--format json|stdout] [--kind build|deploy] [--status S] [--all] [--as-of <when>]',
    description: 'List running builds or all builds of an app',
  },
  { name: 'info', args: '<app> <build-id> [--format json|stdout] [--as-of <when>]', description: 'Show one build' },
  {
    name: 'output',
    args: '<app> [<build-id>|current]',
    description: 'Show the output of a build or follow a running one',
  },
  { name: 'cancel', args: '<app>', description: 'Cancel the running build of an app' },
  {
    name: 'prune',
    args: '<app>|--all-apps [--parallel N]',
    description: 'Mark dead builds as failed and remove those beyond the retention',
  },
  {
    name: 'report',
    args: '[<app>|--global] [<flag>] [--format json|stdout] [--as-of <when>]',
    description: 'Show the newest build and the retention of one or all apps',
  },
  {
    name: 'set',
    args: '[--global|<app>] retention|notify-url|notify-on|notify-secret|notify-log-lines [<value>]',
    description: 'Set or clear how many finished builds are kept and who is notified of builds',
  },
  {
    name: 'events',
    args: '[<app>] [--build <build-id>] [--type T] [--since <when>] [--until <when>] [--follow] [--format stdout|json|jsonl]',
    description: 'Show the raw history: who did what and when',
  },
  {
    name: 'replay',
    args: '[<app>|--all-apps] [--parallel N] [--dry-run]',
    description: 'Rebuild everything that is stored beside the journal from it',
  },
  {
    name: 'verify',
    args: '[<app>|--all-apps] [--head <digest>] [--parallel N] [--format json|stdout]',
    description: 'Check that the journal and all that is made from it are as they were written',
  },
  {
    name: 'capture',
    args: '<app> [--source S] -- <command> [<arg>...]',
    description: 'Run a command as a recorded deploy of an app',
  },
  {
    name: 'notify',
    args: '<app> [--test]',
    description: 'Show where notifications of an app go or post a test message',
  },
  {
    name: 'page',
    args: '[<app>] [--out <file>]',
    description: 'Write a web page of how builds went in one file',
  },
] as const satisfies readonly CommandEntry[];

export type CommandName = (typeof commandTable)[number]['name'];
