import type { Damaged, Problem } from './readJournal';

/**
 * Something that is not as it was written. `offset` is in bytes; `seq` is the event that it is about, if there is one.
 */
export interface Deviation {
  readonly kind: 'damage' | 'gap' | 'disputed' | 'chain' | 'stray' | 'checkpoint' | 'record' | 'running' | 'report';
  readonly offset?: number;
  readonly seq?: number;
  readonly meaning: string;
  /** A write in progress looks the same: this counts only if no process is writing. */
  readonly mayPass?: true;
}

/** The deviation for a problem that a reader has found. */
export function deviationOf(problem: Exclude<Problem, { type: 'unknown' }>): Deviation {
  const offset = problem.start;
  switch (problem.type) {
    case 'damage':
      return { kind: 'damage', offset, meaning: meaningOf(problem), ...(problem.tail && { mayPass: true }) };
    case 'gap': {
      const { from, to } = problem;
      const missing = from === to ? `event ${from} is` : `events ${from} to ${to} are`;
      return { kind: 'gap', offset, seq: from, meaning: `${missing} missing before byte ${offset}` };
    }
    case 'disputed': {
      const { seq } = problem;
      const meaning = `event ${seq} is not the one that event ${seq + 1} was built on: it was edited; it is not shown`;
      return { kind: 'disputed', offset, seq, meaning };
    }
  }
}

/** The digest of event `seq`, whose frame begins at `offset`, does not match the bytes before it. */
export function notLinked(seq: number, offset: number): Deviation {
  const meaning =
    `event ${seq} is not linked to the event before it: bytes before ${offset} were changed, removed, ` +
    'inserted or moved';
  return { kind: 'chain', offset, seq, meaning };
}

/** A frame with number `seq` at `offset` counts for nothing and did not lose a race. */
export function stray(seq: number, offset: number): Deviation {
  const meaning =
    `an event ${seq} stands where it cannot have been written: it was copied, moved or inserted; ` +
    'it does not count';
  return { kind: 'stray', offset, seq, meaning };
}

function meaningOf({ start, end, tail, cutOff }: Damaged): string {
  if (tail)
    return `the last ${end - start} bytes are not an event: a write was cut off, or the file was cut or damaged`;
  if (cutOff)
    return (
      `bytes ${start} to ${end} are not an event, and none is missing: a write was cut off, ` +
      'or the file was damaged; a cut-off write is not a deviation once two events follow it'
    );
  return `bytes ${start} to ${end} are not an intact event: they were damaged after they were written`;
}
