import { Failure } from '../host/failure';

/** An event could not be written to the journal: nothing was acknowledged. Exit status 1. */
export class JournalNotWritten extends Failure {
  constructor(path: string, reason: string) {
    super(`Cannot write ${path}: ${reason}`);
  }
}

/** The journal could not be read at all. Exit status 1. */
export class JournalNotReadable extends Failure {
  constructor(path: string, reason: string) {
    super(`Cannot read ${path}: ${reason}`);
  }
}
