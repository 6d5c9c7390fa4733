/** What one call asks for: a trigger, a command such as `builds:list` or `host:install`, or another program of this executable. */
export interface Called {
  readonly name: string;
  readonly args: readonly string[];
}

/** The executable's own name: then the first argument says what is asked for. */
const OWN_NAME = 'dokku-builds';

/**
 * What a call asks for. `argv0` is the path that it was called by: Dokku runs `subcommands/list builds:list ARGS`, plugn runs
 * `builds-record-start ARGS`, people run `dokku-builds list ARGS`. `isTrigger` says which names are no `builds:*` commands.
 */
export function calledAs(argv0: string, argv: readonly string[], isTrigger: (name: string) => boolean): Called {
  const name = argv0.slice(argv0.lastIndexOf('/') + 1);
  const [first = '', ...others] = argv;
  if (name === OWN_NAME || isRuntime(name)) {
    if (first === '' || first === 'builds' || first === '-h' || first === '--help')
      return { name: 'builds:help', args: others };
    return { name: first.includes(':') || isTrigger(first) ? first : `builds:${first}`, args: others };
  }
  if (isTrigger(name)) return { name, args: argv };
  return isCommandCalled(first, name) ? { name: first, args: others } : { name: `builds:${name}`, args: argv };
}

/** A specification runs the program by Node. */
function isRuntime(name: string): boolean {
  return name === 'node' || name === 'bun';
}

function isCommandCalled(argument: string, name: string): boolean {
  return argument === `builds:${name}` || argument === `builds-journal:${name}`;
}
