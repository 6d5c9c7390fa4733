import type { CallOptions, Sandbox } from '../../../scripts/sandbox/host';

/** What a terminal showed. */
export interface Screen {
  readonly code: number | null;
  /** Its lines, escape sequences and all, without line ends. */
  readonly lines: readonly string[];
  /** The same without colours. */
  readonly plain: readonly string[];
}

/** Runs `dokku ARGS` on a pseudo-terminal that is `columns` wide, with colours unless `env` says otherwise. */
export async function onTerminal(
  host: Sandbox,
  columns: number,
  args: readonly string[],
  env: NonNullable<CallOptions['env']> = {},
): Promise<Screen> {
  const words = args.map((word) => `'${word}'`).join(' ');
  const command = `stty cols ${columns} -opost; dokku ${words} 2>&1`;
  const { code, stdout } = await host.run(['script', '-qec', command, '/dev/null'], {
    env: { TERM: 'xterm', SHELL: '/bin/sh', ...env },
  });
  const lines = stdout.replace(/\n$/, '').split('\n');
  return { code, lines, plain: lines.map(withoutColours) };
}

/** `text` without SGR sequences. */
function withoutColours(text: string): string {
  // eslint-disable-next-line no-control-regex -- they are what is looked for
  return text.replace(/\u001b\[\d*m/g, '');
}
