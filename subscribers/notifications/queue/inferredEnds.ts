import { asBuildId, type BuildId } from '../../../host/dokku/names';
import type { BuildEvent } from '../../../journal/events';
import type { InferredEnd } from '../notification';

/** The number of ends that are kept. A report is not expected after 64 more of them. */
const MOST = 64;

/**
 * The ends that were concluded without a report, and that a later report may correct. Small: it is stored with the
 * position.
 */
export class InferredEnds {
  readonly #ends: Map<BuildId, InferredEnd>;

  /** `stored` is what {@link toJson} gave; any other value is taken as none. */
  constructor(stored?: unknown) {
    this.#ends = new Map(Array.isArray(stored) ? stored.flatMap(parseEntry) : []);
  }

  /** Adds `event`. Returns the end that it corrects, if there is one. */
  add(event: BuildEvent): InferredEnd | undefined {
    if (event.type !== 'BuildFinished') return undefined;
    const { build, status, cause } = event;
    const before = this.#ends.get(build);
    this.#ends.delete(build);
    if (cause === 'exit') return before;
    this.#ends.set(build, { status, cause });
    const [oldest] = this.#ends.keys();
    if (this.#ends.size > MOST && oldest !== undefined) this.#ends.delete(oldest);
    return undefined;
  }

  toJson(): unknown {
    return [...this.#ends].map(([build, { status, cause }]) => [build, status, cause]);
  }
}

function parseEntry(entry: unknown): [BuildId, InferredEnd][] {
  if (!Array.isArray(entry)) return [];
  const [named, status, cause] = entry as unknown[];
  const build = typeof named === 'string' ? asBuildId(named) : undefined;
  const isEnd = (status === 'succeeded' || status === 'failed') && (cause === 'deployed' || cause === 'abandoned');
  return build !== undefined && isEnd ? [[build, { status, cause }]] : [];
}
