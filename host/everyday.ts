/**
 * Where each program keeps what V8 made of it, beside it in `lib`: made anew for each tree by the first calls in it, at any time, and no part of
 * what is packed, copied or installed.
 */
export const CODE_CACHE = 'code-cache';

/**
 * What every deploy calls, and what is asked most, by the names of their executables. Each has a program of its own, `everyday/<name>.js`, so that
 * what other commands need costs it nothing.
 */
export const everydayCommands: readonly string[] = [
  'builds-generate-id',
  'builds-record-start',
  'builds-record-finalize',
  'list',
  'info',
  'report',
];
