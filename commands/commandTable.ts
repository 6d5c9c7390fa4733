/** What is said of a command: shown by `builds:help` and `help --all`, and what the program can be called by. */
export interface CommandEntry {
  /** Without `builds:`. */
  readonly name: string;
  /** No commas, here and in the description: `dokku help --all` makes columns at them. */
  readonly args: string;
  readonly description: string;
}

/** The same with what `builds:help <command>` says beyond it. */
export interface ExplainedCommand extends CommandEntry {
  /** What is said of each argument and flag, in the order of `args`. */
  readonly flags: Readonly<Record<string, string>>;
  /** Arguments of a call that somebody would really make. */
  readonly example: string;
}

const APP = 'the app; dokku --app <app> does as well';
const AS_OF = 'as things stood then: a time such as 2026-04-30T13:50:00Z, or an age such as 2h or 7d';
const BUILD_ID = 'the build: its id, the beginning of its id, last, last-failed or current';
const JSON_OR_TEXT = 'json for programs, stdout (the default) for people';
const NO_COLOR = 'no colours on a terminal; NO_COLOR in the environment does as well';
const PARALLEL = 'with --all-apps: N apps at a time, -1 for as many as there are CPUs; one by default';

/** Every `builds:*` command, in the order of help. */
export const commandTable = [
  {
    name: 'list',
    args: '[<app>] [--format json|stdout] [--kind build|deploy] [--status S] [--all] [--as-of <when>] [--relative] [--no-color]',
    description: 'List running builds or all builds of an app',
    flags: {
      '<app>': 'the app whose builds are listed; without it all running builds of the host are',
      '--format json|stdout': JSON_OR_TEXT,
      '--kind build|deploy': 'only those that build code, or only those that deploy what is built',
      '--status S': 'only those that are running, succeeded, failed, canceled or abandoned',
      '--all': 'the pruned builds of the app, too, each with when and why it left',
      '--as-of <when>': AS_OF,
      '--relative': 'ages instead of times',
      '--no-color': NO_COLOR,
    },
    example: 'shop --status failed --relative',
  },
  {
    name: 'info',
    args: '<app> <build-id> [--format json|stdout] [--as-of <when>] [--relative] [--no-color]',
    description: 'Show one build',
    flags: {
      '<app>': APP,
      '<build-id>': BUILD_ID,
      '--format json|stdout': JSON_OR_TEXT,
      '--as-of <when>': AS_OF,
      '--relative': 'ages instead of times',
      '--no-color': NO_COLOR,
    },
    example: 'shop last-failed',
  },
  {
    name: 'output',
    args: '<app> [<build-id>|current]',
    description: 'Show the output of a build or follow a running one',
    flags: { '<app>': APP, '<build-id>|current': `${BUILD_ID}, which is the default` },
    example: 'shop last',
  },
  {
    name: 'cancel',
    args: '<app>',
    description: 'Cancel the running build of an app',
    flags: { '<app>': `${APP}; its build is the one that holds the deploy lock` },
    example: 'shop',
  },
  {
    name: 'prune',
    args: '<app>|--all-apps [--parallel N]',
    description: 'Mark dead builds as failed and remove those beyond the retention',
    flags: { '<app>': APP, '--all-apps': 'every app that you may see', '--parallel N': PARALLEL },
    example: '--all-apps --parallel -1',
  },
  {
    name: 'report',
    args: '[<app>|--global] [<flag>] [--format json|stdout] [--as-of <when>]',
    description: 'Show the newest build and the retention of one or all apps',
    flags: {
      '<app>': 'the app; without it every app that you may see',
      '--global': 'the global retention alone',
      '<flag>': 'one value alone, such as --build-status or --builds-computed-retention',
      '--format json|stdout': JSON_OR_TEXT,
      '--as-of <when>': AS_OF,
    },
    example: 'shop --build-status',
  },
  {
    name: 'set',
    args: '[--global|<app>] retention|notify-url|notify-on|notify-secret|notify-log-lines [<value>]',
    description: 'Set or clear how many finished builds are kept and who is notified of builds',
    flags: {
      '--global': 'for all apps that have no value of their own',
      '<app>': APP,
      retention: 'how many finished builds of an app are kept: a whole number, at least 1; by default 20',
      'notify-url': 'where to post what happens to builds, as JSON',
      'notify-on': 'of what to tell: failed,canceled,succeeded,started,abandoned; by default failed',
      'notify-secret': 'key of the signature that is sent along; never shown',
      'notify-log-lines': 'how many of the last lines of the log are sent along: by default 50, 0 for none',
      '<value>': 'without it the value is cleared',
    },
    example: 'shop retention 50',
  },
  {
    name: 'stats',
    args: '[<app>] [--since <when>] [--format stdout|json] [--no-color]',
    description: 'Show how builds have been going: how many and how long and how well',
    flags: {
      '<app>': 'the app; without it every app that you may see',
      '--since <when>':
        'only builds that started then or later: a time such as 2026-04-30T13:50:00Z, or an age such as 30d',
      '--format stdout|json': JSON_OR_TEXT,
      '--no-color': NO_COLOR,
    },
    example: 'shop --since 30d',
  },
  {
    name: 'events',
    args: '[<app>] [--build <build-id>] [--type T] [--since <when>] [--until <when>] [--follow] [--format stdout|json|jsonl]',
    description: 'Show the raw history: who did what and when',
    flags: {
      '<app>': 'the app; without it every app that you may see, merged by time',
      '--build <build-id>': `only what is about one build: its id or the beginning of its id; with <app> also last, last-failed or current`,
      '--type T': 'only BuildStarted, BuildFinished, BuildCanceled or Pruned',
      '--since <when>': 'only what was recorded then or later: a time, or an age such as 2h or 7d',
      '--until <when>': 'only what was recorded then or earlier',
      '--follow': 'go on with what comes, until ^C',
      '--format stdout|json|jsonl': 'a table (the default), one JSON array, or one JSON object a line',
    },
    example: 'shop --build last',
  },
  {
    name: 'replay',
    args: '[<app>|--all-apps] [--parallel N] [--dry-run]',
    description: 'Rebuild everything that is stored beside the journal from it',
    flags: {
      '<app>': APP,
      '--all-apps': 'every app that you may see, which is the default',
      '--parallel N': PARALLEL,
      '--dry-run': 'say what would be rebuilt, and write nothing',
    },
    example: 'shop --dry-run',
  },
  {
    name: 'verify',
    args: '[<app>|--all-apps] [--head <digest>] [--parallel N] [--format json|stdout]',
    description: 'Check that the journal and all that is made from it are as they were written',
    flags: {
      '<app>': APP,
      '--all-apps': 'every app that you may see, which is the default',
      '--head <digest>': 'a head that was printed before must still be part of the history',
      '--parallel N': PARALLEL,
      '--format json|stdout': JSON_OR_TEXT,
    },
    example: '--all-apps --parallel 4',
  },
  {
    name: 'capture',
    args: '<app> [--source S] -- <command> [<arg>...]',
    description: 'Run a command as a recorded deploy of an app',
    flags: {
      '<app>': APP,
      '--source S': 'what the deploy comes from, one of the sources that Dokku has; deploy by default',
      '<command> [<arg>...]': 'what is run, with no shell between; its exit status is passed on',
    },
    example: 'blog -- rsync -a public/ /srv/blog/',
  },
  {
    name: 'notify',
    args: '<app> [--test]',
    description: 'Show where notifications of an app go or post a test message',
    flags: { '<app>': APP, '--test': 'post a test message, and say what came of it' },
    example: 'shop --test',
  },
  {
    name: 'page',
    args: '[<app>] [--out <file>]',
    description: 'Write a web page of how builds went in one file',
    flags: {
      '<app>': 'the app; without it every app that you may see',
      '--out <file>': 'where to write it; without it the page goes to stdout',
    },
    example: 'shop --out shop.html',
  },
  {
    name: 'watch',
    args: '[<app>]',
    description: 'Watch builds live on the whole terminal',
    flags: { '<app>': 'the app; without it every app that you may see' },
    example: 'shop',
  },
] as const satisfies readonly ExplainedCommand[];

export type CommandName = (typeof commandTable)[number]['name'];
