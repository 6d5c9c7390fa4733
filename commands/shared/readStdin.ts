import { Failure } from '../../host/failure';
import { isTerminal } from '../../host/terminal/isTerminal';
import type { Output } from '../../host/terminal/output';

const SILENT_MS = 1000;

/**
 * Reads stdin to its end, or with `oneLine` to its first line break. If nothing comes, stderr says what is awaited.
 * `limit`: after so many ms without an end the call fails.
 */
export async function readStdin(
  output: Pick<Output, 'warn'>,
  what: string,
  { oneLine = false, limit }: { readonly oneLine?: boolean; readonly limit?: number } = {},
): Promise<string> {
  const { stdin } = process;
  const chunks: Buffer[] = [];
  const hint = setTimeout(
    () => output.warn(`Waiting for ${what} on stdin (Ctrl-D ends it; with </dev/null there is none)`),
    isTerminal(0) ? 0 : SILENT_MS,
  );
  const end =
    limit === undefined
      ? undefined
      : setTimeout(() => stdin.destroy(new Failure(`No ${what} came on stdin within ${limit / 1000}s`)), limit);
  try {
    for await (const chunk of stdin) {
      clearTimeout(hint);
      chunks.push(chunk as Buffer);
      if (oneLine && chunks.at(-1)?.includes('\n')) break;
    }
  } finally {
    clearTimeout(hint);
    clearTimeout(end);
  }
  return Buffer.concat(chunks).toString();
}
