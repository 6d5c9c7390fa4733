/**
 * What every deploy calls, and what is asked most, by the name of the executable. They have a program of their own, `everyday.js`, of half
 * the size, so that what other commands need costs them nothing.
 */
export const everyday: readonly string[] = [
  'builds-generate-id',
  'builds-record-start',
  'builds-record-finalize',
  'list',
  'info',
  'report',
];
