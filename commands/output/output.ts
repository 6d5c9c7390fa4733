import type { Host } from '../../host/dokku/environment';
import { Failure } from '../../host/failure';
import type { AppName, BuildId } from '../../host/dokku/names';
import { ClosedPipe, type Output } from '../../host/terminal/output';
import { logPath } from '../../host/dokku/paths';
import { pruningText, type PastBuild } from '../../projections/events/past';
import type { ShownBuild } from '../../projections/records/record';
import { defineCommand } from '../definition/command';
import { aCount, anApp, aSwitch, maybeBuild } from '../definition/flags';
import { findNamedBuild, NotDeploying } from '../shared/buildArgument';
import { exitStatusOf, OUTCOMES_HELP, outcomeText } from '../shared/outcome';
import { shownAt, viewApp } from '../shared/viewApp';
import { followBuild } from './followBuild';
import { GrowingLog } from './growingLog';
import { type LogReader, openReader, untilQuiet } from './logReader';

export const output = defineCommand({
  description: 'Show the output of a build or follow a running one',
  args: { app: anApp(), build: maybeBuild() },
  flags: {
    tail: aCount('only the last N lines, 0 for none, and new output', { orNone: true }),
    timestamps: aSwitch('before each new line, the time when it came; earlier lines have no time'),
    exitStatus: aSwitch(`exit with the outcome of the build: ${OUTCOMES_HELP}`),
  },
  example: 'shop last --tail 50',
  stock: true,
  alongside: true,
  async run({ host, output: out, args: { app, build: asked }, flags }) {
    let found: PastBuild;
    try {
      found = findNamedBuild(host, { app, ...viewApp(host, out, app) }, asked);
    } catch (error) {
      if (!(error instanceof NotDeploying)) throw error;
      out.step(error.message);
      return 0;
    }
    const { build } = found;
    const pruned = prunedText(app, found);
    const log = pruned === undefined ? GrowingLog.open(logPath(host, app, build.id)) : undefined;
    const latest: Latest = { shown: shownAt(Date.now())(build) };
    try {
      if (log !== undefined) await follow(host, out, app, latest, openReader(out, log, flags), flags.exitStatus);
      else {
        if (pruned !== undefined) out.warn(`${pruned}; trying the system journal`);
        await fromSystemJournal(out, app, build.id);
        if (flags.exitStatus) await follow(host, out, app, latest, NOTHING_MORE, true);
      }
    } catch (error) {
      if (!flags.exitStatus || !(error instanceof ClosedPipe)) throw error;
    }
    return flags.exitStatus ? exitStatusOf(latest.shown) : 0;
  },
});

/** For output that is in the system journal: only the end of the build is waited for. */
const NOTHING_MORE: LogReader = { printMore: () => false };

/** What is known of a build. If it runs and stdout is closed, its outcome is not known. */
interface Latest {
  shown: ShownBuild;
}

/** Says that the retention removed the log, alone or with its build; undefined if it did not. */
function prunedText(app: AppName, { build, pruning }: PastBuild): string | undefined {
  const name = `${app}/${build.id}`;
  if (pruning !== undefined) return `Build ${name} was pruned ${pruningText(pruning)} and its log with it`;
  return build.logPruned ? `The log of ${name} was pruned (log-retention), and its record stays` : undefined;
}

/**
 * Prints the log. If the build runs, prints what is added to the log until the end of the build is recorded or its
 * process has ended. `latest` then is what is known of the build, with `conclusion` its outcome.
 */
async function follow(
  host: Host,
  out: Output,
  app: AppName,
  latest: Latest,
  log: LogReader,
  conclusion: boolean,
): Promise<void> {
  log.printMore();
  if (latest.shown.displayStatus !== 'running') return;
  const onChange = (): void => void log.printMore();
  const ended = await followBuild(host, app, latest.shown.build, { onChange, conclusion });
  if (ended === undefined) return; // stdout has no reader any more
  latest.shown = shownAt(Date.now())(ended);
  await untilQuiet(() => log.printMore());
  if (out.isTerminal) out.step(outcomeText(latest.shown));
}

/** Prints the log of a build without a log file from the system's journal, if `logger` wrote it there. */
async function fromSystemJournal(out: Output, app: AppName, id: BuildId): Promise<undefined> {
  const { spawn } = await import('node:child_process');
  const args = ['--quiet', '--no-pager', '--output', 'cat', `SYSLOG_IDENTIFIER=dokku-${id}`];
  const journalctl = spawn('journalctl', args, { stdio: ['ignore', 'pipe', 'ignore'] });
  const shown: { any: boolean; closed?: ClosedPipe } = { any: false };
  journalctl.stdout.on('data', (chunk: Buffer) => {
    shown.any = true;
    try {
      out.raw(chunk);
    } catch (error) {
      if (!(error instanceof ClosedPipe)) throw error;
      shown.closed = error;
      journalctl.kill();
    }
  });
  await new Promise<void>((resolve) => {
    journalctl.on('error', () => {
      resolve();
    });
    journalctl.on('close', () => {
      resolve();
    });
  });
  if (shown.closed) throw shown.closed;
  if (!shown.any) throw new Failure(`No log found for ${app}/${id}, neither its file nor in the system journal`);
}
