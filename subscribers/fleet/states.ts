import { type AppName, asAppName, asBuildId, type BuildId } from '../../host/dokku/names';

/** The name of a host: safe wherever it is shown. */
export const HOST_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;

/** The state of a host, which it publishes at least every `everySeconds`. */
export interface HostState {
  /** Its name, for people. */
  readonly name: string;
  /** Version of its program. */
  readonly program: string;
  readonly everySeconds: number;
  /** The ids of its journals. A journal that is not among them was destroyed with its app. */
  readonly journals: readonly string[];
  /** It has left the fleet, and publishes nothing more. */
  readonly left?: true;
}

/** Builds without an end, by whether their processes run. */
export interface Lives {
  readonly alive: readonly BuildId[];
  readonly dead: readonly BuildId[];
}

/** The state of a journal. */
export interface JournalState extends Lives {
  readonly app: AppName;
}

/** The answer of a host to the question which builds run. */
export interface RunningAnswer {
  readonly host: string;
  readonly journals: Readonly<Record<string, Lives>>;
}

/** `state` as the state of a host; undefined if it is none. */
export function asHostState(state: unknown): HostState | undefined {
  const { name, program, everySeconds, journals, left } = fieldsOf(state);
  if (typeof name !== 'string' || !HOST_NAME.test(name) || typeof program !== 'string') return undefined;
  if (!isCount(everySeconds) || !Array.isArray(journals)) return undefined;
  const ids = journals.filter((one): one is string => typeof one === 'string');
  return {
    name,
    program: program.slice(0, MOST_CHARACTERS),
    everySeconds,
    journals: ids,
    ...(left === true && { left }),
  };
}

/** `state` as the state of a journal; undefined if it is none. */
export function asJournalState(state: unknown): JournalState | undefined {
  const { app } = fieldsOf(state);
  const name = typeof app === 'string' ? asAppName(app) : undefined;
  const lives = asLives(state);
  return name === undefined || lives === undefined ? undefined : { app: name, ...lives };
}

function asLives(state: unknown): Lives | undefined {
  const { alive, dead } = fieldsOf(state);
  return Array.isArray(alive) && Array.isArray(dead) ? { alive: idsIn(alive), dead: idsIn(dead) } : undefined;
}

/** `answer` as the answer which builds run; undefined if it is none. */
export function asRunningAnswer(answer: unknown): RunningAnswer | undefined {
  const { host, journals } = fieldsOf(answer);
  if (typeof host !== 'string' || typeof journals !== 'object' || journals === null) return undefined;
  const read: Record<string, Lives> = {};
  for (const [journal, state] of Object.entries(journals)) {
    const parsed = asLives(state);
    if (parsed !== undefined) read[journal] = parsed;
  }
  return { host, journals: read };
}

/** A question to every host. */
export type Question =
  | { readonly ask: 'running' }
  | { readonly ask: 'publish-again'; readonly host: string; readonly journal: string; readonly branch: number };

/** `question` as one that a host answers; undefined if it is none. */
export function asQuestion(question: unknown): Question | undefined {
  const { ask, host, journal, branch } = fieldsOf(question);
  if (ask === 'running') return { ask };
  if (ask !== 'publish-again' || typeof host !== 'string' || typeof journal !== 'string') return undefined;
  return isCount(branch) ? { ask, host, journal, branch } : undefined;
}

const MOST_CHARACTERS = 200;

function fieldsOf(value: unknown): Partial<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? value : {};
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

function idsIn(values: readonly unknown[]): BuildId[] {
  return values.map((one) => (typeof one === 'string' ? asBuildId(one) : undefined)).filter((id) => id !== undefined);
}
