/** Lets a loop rest until something has changed. */
export class Alarm {
  #rung = false;
  #stopped = false;
  #wake: () => void = () => undefined;

  /** Ends the rest that is going on, or the next one. */
  readonly ring = (): void => {
    this.#rung = true;
    this.#wake();
  };

  /** Ends every rest from now on. */
  readonly stop = (): void => {
    this.#stopped = true;
    this.#wake();
  };

  isStopped(): boolean {
    return this.#stopped;
  }

  /** Whether it rang since the last call of this. */
  hasRung(): boolean {
    const rung = this.#rung;
    this.#rung = false;
    return rung;
  }

  /** Resolves after `ms`, or when it rings or is stopped. */
  rest(ms: number): Promise<void> {
    if (this.#rung || this.#stopped) return Promise.resolve();
    return this.pause(ms);
  }

  /** Resolves after `ms`, or when it is stopped. */
  async sleep(ms: number): Promise<void> {
    const until = Date.now() + ms;
    for (let left = ms; left > 0 && !this.#stopped; left = until - Date.now()) await this.pause(left);
  }

  private pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
