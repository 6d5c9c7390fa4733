import { type Progress, showProgress } from './progress';

/** Progress of work over many apps, shown on a terminal when it has taken a while. */
export interface AppProgress {
  /** One more app is done. */
  done(): void;
  /** Time has passed, and no app is done. */
  tick(): void;
  /** To be called before anything else is printed. */
  clear(): void;
}

/** Shows `3 of 100 apps, 12s`. Nothing is shown for a single app. */
export function appProgress(total: number, progress: Progress = showProgress()): AppProgress {
  const begun = performance.now();
  let count = 0;
  const tick = (): void => {
    if (total < 2 || count === total) return;
    progress.show(() => `${count} of ${total} apps, ${Math.floor((performance.now() - begun) / 1000)}s`);
  };
  return {
    done() {
      count += 1;
      tick();
    },
    tick,
    clear: () => progress.clear(),
  };
}
