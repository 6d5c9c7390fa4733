import { type Host, readHost } from '../host/dokku/environment';
import { errorCode, Failure, type Mistyped, reasonOf } from '../host/failure';
import { ClosedPipe, openOutput, type Output } from '../host/terminal/output';
import { type Called, calledAs } from './calledAs';
import { parseCall, ProgramOnly } from './definition/parseCall';
import { commands, others, triggers, WORKER } from './programs';

/** Runs the call of the program `argv0` with the arguments `argv`; returns the exit status. */
export async function runCall(argv0: string, argv: readonly string[]): Promise<number> {
  // A thread has the name that its process was called by, and says in its first argument what it is.
  if (argv[0] === WORKER && (await isThread())) return run({ type: 'internal', name: WORKER, args: [] });
  return run(calledAs(argv0, argv, (name) => Object.hasOwn(triggers, name) || Object.hasOwn(others, name)));
}

async function isThread(): Promise<boolean> {
  return !(await import('node:worker_threads')).isMainThread;
}

/** Runs what was called; returns the exit status. Every error becomes output here, and nowhere else. */
async function run(called: Called): Promise<number> {
  const host = readHost(process.env);
  const output = openOutput(host);
  let exitCode: number | undefined;
  try {
    exitCode =
      called.type === 'command' ? await runCommand(host, output, called) : await runInternal(host, output, called);
    output.flush();
    return exitCode ?? 0;
  } catch (error) {
    if (error instanceof ClosedPipe) return exitCode ?? 0;
    return report(error, host, output);
  }
}

/** Prints what went wrong; returns the exit status. */
export async function report(error: unknown, host = readHost(process.env), output = openOutput(host)): Promise<number> {
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

async function runInternal(host: Host, output: Output, { name, args }: Called): Promise<number | undefined> {
  const load = triggers[name] ?? others[name];
  if (load === undefined) throw new Error(`Nothing is called ${name}`);
  return (await load())({ host, output, args });
}

type CalledCommand = Extract<Called, { type: 'command' }>;

async function runCommand(host: Host, output: Output, called: CalledCommand): Promise<number | undefined> {
  const { name, typed, args: words, via } = called;
  const load = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (load === undefined || asksForHelp(words)) {
    const { askedFor, printHelp, printVersion, unknownCommand } = await import('./help');
    if (name === 'version' && via === 'program') {
      printVersion(output);
      return;
    }
    if (load === undefined && name !== 'help') throw await unknownCommand(host, via, name, typed);
    await printHelp(host, output, via, name === 'help' ? askedFor(words) : typed);
    return 0;
  }
  const command = await load();
  if (command.programOnly && via === 'plugin') throw new ProgramOnly(`builds:${name}`, name);
  if (host.alongside && !command.alongside && !name.startsWith('host:')) refuseAlongside(name);
  return command.run(parseCall(command, { name, host, output, words, via, now: Date.now() }));
}

/** Whether `-h` or `--help` was given. The words behind `--` are for another program. */
function asksForHelp(words: readonly string[]): boolean {
  const help = words.findIndex((word) => word === '-h' || word === '--help');
  return help >= 0 && !words.slice(0, help).includes('--');
}

/** Refuses a command that changes builds, records or properties: the stock plugin does that. */
function refuseAlongside(name: string): never {
  throw new Failure(
    `The stock plugin answers builds:${name} here; this one only journals (see dokku-builds host:status)`,
  );
}

/** Suggests a similar name, behind the contract's message. */
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
