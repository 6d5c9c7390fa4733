/** A program and the arguments that come before all others. */
export interface Command {
  readonly program: string;
  readonly args: readonly string[];
}

/** Bun shows the modules of a compiled executable below this directory. */
const INSIDE_THE_EXECUTABLE = '/$bunfs/';

/**
 * How to start this program once more: the executable itself, or the runtime with its script where it is not compiled.
 */
export function selfCommand(): Command {
  const [, script = ''] = process.argv;
  if (script === '' || script.startsWith(INSIDE_THE_EXECUTABLE)) return { program: process.execPath, args: [] };
  return { program: process.execPath, args: [...process.execArgv, script] };
}
