import { pluginName } from '../host/dokku/alongside';
import type { AppBuilds } from '../host/dokku/paths';
import type { Problem } from '../journal/file/readJournal';

/** Called with a sentence for each problem. */
export type Warn = (message: string) => void;

/** What is said of one journal: the disk that it lies on may have turned every second event into debris. */
const MOST_TOLD = 10;

/** Problems that a reader should see: not the bytes of a cut-off write, if later events stand behind them. */
export function complaints(problems: readonly Problem[]): Problem[] {
  return problems.filter((problem) => problem.type !== 'damage' || problem.tail || !problem.cutOff);
}

/** Tells `warn` of the {@link complaints} about the journal of `builds`, which was at rest when it was read. */
export function warnOfProblems(builds: AppBuilds, problems: readonly Problem[], warn: Warn): void {
  complaints(problems).forEach(teller(builds, warn));
}

/**
 * Takes the problems of that journal as they are met, and tells `warn`. Not of a frame that is cut off at the end: it
 * may be one that is being written, which `catchUp` waits for.
 */
export function complainer(builds: AppBuilds, warn: Warn): (problem: Problem) => void {
  const tell = teller(builds, warn);
  return (problem) => {
    if (problem.type !== 'damage' || !problem.cutOff) tell(problem);
  };
}

/** Says each thing once, also to who reads the same part again; of many the first ones, and that there are more. */
function teller({ app, mode }: AppBuilds, warn: Warn): (problem: Problem) => void {
  const told = new Set<string>();
  return (problem) => {
    const what = describe(problem);
    if (told.size > MOST_TOLD || told.has(what)) return;
    told.add(what);
    const said = told.size > MOST_TOLD ? 'is not as it was written in more places' : what;
    warn(`The journal of ${app} ${said}; see ${pluginName({ alongside: mode === 'alongside' })}:verify ${app}`);
  };
}

/** `warn` without repeated sentences: for a call that reads a journal more than once. */
export function once(warn: Warn): Warn {
  const told = new Set<string>();
  return (message) => {
    if (told.has(message)) return;
    told.add(message);
    warn(message);
  };
}

/** What is wrong with a journal, to be said behind its name. */
function describe(problem: Problem): string {
  switch (problem.type) {
    case 'damage':
      return `is damaged from byte ${problem.start} to ${problem.end}`;
    case 'gap':
      return problem.from === problem.to
        ? `lacks event ${problem.from}`
        : `lacks events ${problem.from} to ${problem.to}`;
    case 'disputed':
      return `holds an event ${problem.seq} (byte ${problem.start}) that is not the one that was recorded, passed over`;
    case 'unknown':
      return `holds an event ${problem.seq} that this version does not understand (${problem.reason}), passed over`;
  }
}
