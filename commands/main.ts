import type { Handler } from '../host/call';
import { pluginName } from '../host/alongside';
import { type Host, readHost } from '../host/environment';
import { errorCode, Failure, reasonOf } from '../host/failure';
import { ClosedPipe, openOutput } from '../host/output';
import { alongsideCommands } from './alongside';
import type { CommandName } from './commandTable';
import { commands, hostCommands, others, triggers } from './handlers';

/** Runs what `name` names; returns the exit status. Everything that goes wrong is told here, and nowhere else. */
async function main(name: string, args: readonly string[]): Promise<number> {
  const host = readHost(process.env);
  const output = openOutput(host);
  try {
    const [handler, rest] = await find(host, name, args);
    const exitCode = await handler({ host, output, args: rest });
    output.flush();
    return exitCode ?? 0;
  } catch (error) {
    if (error instanceof ClosedPipe) return 0;
    try {
      output.warn(sentence(error));
      if (host.trace && error instanceof Error) output.warn(error.stack ?? '');
    } catch (second) {
      if (!(second instanceof ClosedPipe)) throw second;
    }
    return error instanceof Failure ? error.exitCode : 1;
  }
}

async function find(host: Host, name: string, args: readonly string[]): Promise<[Handler, readonly string[]]> {
  const own = triggers[name] ?? hostCommands[name] ?? others[name];
  if (own !== undefined) return [await own(), args];
  const command = name.replace(/^builds(-journal)?:/, '');
  if (Object.hasOwn(commands, command)) {
    if (host.alongside) refuseAlongside(command);
    return [await commands[command as CommandName](), args];
  }
  if (name === 'builds' || command === 'help')
    return [(await import('./help')).commands, [`${pluginName(host)}:help`, ...args]];
  throw new Failure(`\`${name}\` is not a dokku-builds command, see dokku-builds help`);
}

/** What changes a build, its record or its properties is for the stock plugin to do. */
function refuseAlongside(command: string): void {
  if (alongsideCommands.has(command)) return;
  throw new Failure(
    `The stock plugin answers builds:${command} here; this one only journals (see dokku-builds host:status)`,
  );
}

function sentence(error: unknown): string {
  if (error instanceof Failure || errorCode(error) === undefined) {
    return error instanceof Failure ? error.message : `Internal error: ${reasonOf(error)} (DOKKU_TRACE=1 says where)`;
  }
  const path = error instanceof Error && 'path' in error && typeof error.path === 'string' ? `${error.path}: ` : '';
  return `${path}${reasonOf(error)}`;
}

void main(process.argv[2] ?? 'builds:help', process.argv.slice(3)).then((exitCode) => {
  process.exitCode = exitCode;
});
