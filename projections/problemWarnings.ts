import { pluginName } from '../host/plugin/alongside';
import type { AppBuilds } from '../host/dokku/paths';
import type { Warn } from '../host/failure';
import type { Problem } from '../journal/file/readJournal';

/** Warnings about one journal: a bad disk may damage every second event. */
const MOST_WARNINGS = 10;

/** Problems that a reader should see: not the bytes of a cut-off write, if later events stand behind them. */
function reportable(problems: readonly Problem[]): Problem[] {
  return problems.filter((problem) => problem.type !== 'damage' || problem.tail || !problem.cutOff);
}

/**
 * Warns of the {@link reportable} problems of the journal of `builds`. To be called if no process wrote to it while it
 * was read.
 */
export function warnOfProblems(builds: AppBuilds, problems: readonly Problem[], warn: Warn): void {
  reportable(problems).forEach(warnOnce(builds, warn));
}

/**
 * Warns of the problems of a journal as they are found. Not of a frame that is cut off at the end: it may be one that
 * is being written.
 */
export function problemWarner(builds: AppBuilds, warn: Warn): (problem: Problem) => void {
  const report = warnOnce(builds, warn);
  return (problem) => {
    if (problem.type !== 'damage' || !problem.cutOff) report(problem);
  };
}

/** Warns of each problem once, even if a part is read again; of many problems only the first ones. */
function warnOnce({ app, mode }: AppBuilds, warn: Warn): (problem: Problem) => void {
  const given = new Set<string>();
  return (problem) => {
    const what = describe(problem);
    if (given.size > MOST_WARNINGS || given.has(what)) return;
    given.add(what);
    const text = given.size > MOST_WARNINGS ? 'is not as it was written in more places' : what;
    warn(`The journal of ${app} ${text}; see ${pluginName({ alongside: mode === 'alongside' })}:verify ${app}`);
  };
}

/** `warn` without repeated sentences: for a call that reads a journal more than once. */
export function once(warn: Warn): Warn {
  const given = new Set<string>();
  return (message) => {
    if (given.has(message)) return;
    given.add(message);
    warn(message);
  };
}

/** The problem of a journal in words, to be printed behind its name. */
function describe(problem: Problem): string {
  switch (problem.type) {
    case 'damage':
      return `is damaged from byte ${problem.start} to ${problem.end}`;
    case 'gap':
      return problem.from === problem.to
        ? `lacks event ${problem.from}`
        : `lacks events ${problem.from} to ${problem.to}`;
    case 'disputed':
      return `holds an event ${problem.seq} (byte ${problem.start}) that is not the one that was recorded; it is ignored`;
    case 'unknown':
      return `holds an event ${problem.seq} that this version does not understand (${problem.reason}); it is ignored`;
  }
}
