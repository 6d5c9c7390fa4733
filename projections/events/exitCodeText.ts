/** The meaning of exit codes: those of shells, of timeout(1), and 128 plus the number of a signal. */
const EXIT_CODES: Readonly<Record<number, string>> = {
  124: 'timed out',
  126: 'command not executable',
  127: 'command not found',
  129: 'hung up',
  130: 'interrupted',
  131: 'quit',
  134: 'aborted',
  135: 'bus error',
  137: 'killed, often out of memory',
  139: 'segmentation fault',
  141: 'broken pipe',
  143: 'terminated',
};

/** `exit code 137: killed, often out of memory`, `exit code 2`. */
export function exitCodeText(code: number): string {
  const words = EXIT_CODES[code];
  return words === undefined ? `exit code ${code}` : `exit code ${code}: ${words}`;
}
