import type { BuildFinished, Cause } from '../../journal/events';
import { exitCodeText } from './exitCodeText';

const TEXT: Readonly<Record<Cause, string>> = {
  exit: 'reported by the deploy',
  deployed: 'ended without reporting; Dokku had announced the deployment',
  abandoned: 'ended without reporting',
};

/** How the end of a build became known, in words. */
export function causeText(cause: Cause): string {
  return TEXT[cause];
}

/** How a build ended: `exit code 137: killed, often out of memory`, or that its end was not reported. */
export function howEnded({ cause, exitCode }: Pick<BuildFinished, 'cause' | 'exitCode'>): string {
  return cause === 'exit' ? exitCodeText(exitCode) : causeText(cause);
}
