import { type Progress, showProgress } from '../../host/terminal/progress';

/** Progress of work over many apps, shown on a terminal when it has taken a while. */
export interface AppProgress {
  /** One more app is done. */
  done(): void;
  /** To be called before anything else is printed. */
  clear(): void;
}

const FIRST_MS = 500;
const INTERVAL_MS = 100;

/** Shows `3 of 100 apps`. Nothing is loaded or shown for a single app. */
export function appProgress(total: number): AppProgress {
  if (total < 2) return { done: () => undefined, clear: () => undefined };
  let progress: Progress | undefined;
  let count = 0;
  let next = performance.now() + FIRST_MS;
  return {
    done() {
      count += 1;
      if (performance.now() < next || count === total) return;
      next = performance.now() + INTERVAL_MS;
      progress ??= showProgress();
      progress.show(`${count} of ${total} apps`);
    },
    clear: () => progress?.end(),
  };
}
