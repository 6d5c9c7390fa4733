import type { Problem } from './file/readJournal';

/** So many problems of a journal are kept. A damaged file may have millions. */
const MOST_PROBLEMS = 1000;

/**
 * Adds `problem` to those of a journal that are kept: the first ones, and what is wrong at its end. Bytes of a cut-off
 * write are no fault of the journal if events follow them, and take no more than half of the room.
 */
export function keepProblem(problems: Problem[], problem: Problem): void {
  const isTail = problem.type === 'damage' && problem.tail;
  const isCutOff = problem.type === 'damage' && problem.cutOff;
  if (isTail || problems.length < (isCutOff ? MOST_PROBLEMS / 2 : MOST_PROBLEMS)) problems.push(problem);
}
