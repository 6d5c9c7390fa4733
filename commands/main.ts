import type { Handler } from '../host/call';
import { pluginName } from '../host/dokku/alongside';
import { type Host, readHost } from '../host/dokku/environment';
import { errorCode, Failure, type Mistyped, printable, reasonOf } from '../host/failure';
import { ClosedPipe, openOutput, type Output } from '../host/terminal/output';
import { calledAs } from './calledAs';
import { alongsideCommands } from './shared/alongsideCommands';
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
      if (error instanceof Failure && error.mistyped) await hint(output, error.mistyped);
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
    if (asksForHelp(args)) return [(await import('./help')).commandHelp, [command]];
    return [await commands[command as CommandName](), args];
  }
  if (name === 'builds' || command === 'help')
    return [(await import('./help')).commands, [`${pluginName(host)}:help`, ...args]];
  const known = Object.keys(commands).map((one) => `${pluginName(host)}:${one}`);
  throw new Failure(`\`${printable(name)}\` is not a dokku-builds command, see dokku-builds help`, 1, {
    given: name,
    known,
  });
}

/** `--help` among what is for this program: behind `--` are the words of another. */
function asksForHelp(args: readonly string[]): boolean {
  const help = args.indexOf('--help');
  return help >= 0 && !args.slice(0, help).includes('--');
}

/** What changes a build, its record or its properties is for the stock plugin to do. */
function refuseAlongside(command: string): void {
  if (alongsideCommands.has(command)) return;
  throw new Failure(
    `The stock plugin answers builds:${command} here; this one only journals (see dokku-builds host:status)`,
  );
}

/** Asks whether something near was meant, behind the message that the contract words. */
async function hint(output: Output, { given, known }: Mistyped): Promise<void> {
  const { nearest } = await import('../host/nearest');
  const meant = nearest(given, known);
  if (meant !== undefined) output.warn(`Did you mean ${meant}?`);
}

function sentence(error: unknown): string {
  if (error instanceof Failure || errorCode(error) === undefined) {
    return error instanceof Failure ? error.message : `Internal error: ${reasonOf(error)} (DOKKU_TRACE=1 says where)`;
  }
  const path = error instanceof Error && 'path' in error && typeof error.path === 'string' ? `${error.path}: ` : '';
  return `${path}${reasonOf(error)}`;
}

const called = calledAs(process.argv0, process.argv.slice(2), (name) => name in triggers || name in others);
void main(called.name, called.args).then((exitCode) => {
  process.exitCode = exitCode;
});
