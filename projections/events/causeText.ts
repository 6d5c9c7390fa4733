import type { Cause } from '../../journal/events';

const TEXT: Readonly<Record<Cause, string>> = {
  exit: 'reported by the deploy',
  deployed: 'ended without reporting; Dokku had announced the deployment',
  abandoned: 'ended without reporting',
};

/** How the end of a build became known, in words. */
export function causeText(cause: Cause): string {
  return TEXT[cause];
}
