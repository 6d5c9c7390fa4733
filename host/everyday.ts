/**
 * Where each program keeps what V8 made of it, beside it in `lib`: made anew for each tree by the first calls in it, at any time, and no part of
 * what is packed, copied or installed.
 */
export const CODE_CACHE = 'code-cache';

/** A command with a program of its own. */
interface EverydayCommand {
  /** Name of its executable. */
  readonly name: string;
  /** Whether each call meets frames of the journal; otherwise only one that finds no checkpoint at its end does. */
  readonly readsJournal: boolean;
}

/**
 * What every deploy calls, and what is asked most. Each has a program of its own, `everyday/<name>.js`, so that what other commands need costs
 * it nothing.
 */
export const everydayCommands: readonly EverydayCommand[] = [
  { name: 'builds-generate-id', readsJournal: false },
  { name: 'builds-record-start', readsJournal: true },
  { name: 'builds-record-finalize', readsJournal: true },
  { name: 'list', readsJournal: false },
  { name: 'info', readsJournal: false },
  { name: 'report', readsJournal: false },
];
