import type { ExecutionContext } from 'ava';

import type { BuildCommand } from '../../journal/commands';
import { decide, evolve, initialState } from '../../journal/decider';
import type { BuildEvent } from '../../journal/events';
import { type Build, buildsOf, type History } from '../../journal/history';
import { deepFreeze } from './deepFreeze';

type Refusal = new (...args: never[]) => Error;

/**
 * A rule in one expression: given these events, when this command, then these events; or: given these events, then
 * this history.
 */
export function given(...events: BuildEvent[]) {
  const history = historyOf(...events);
  return {
    when: (command: BuildCommand) => {
      const decided = (): BuildEvent[] => decide(history, command);
      return {
        /** The command adds exactly these events. */
        then(t: ExecutionContext, expected: readonly BuildEvent[]): void {
          t.deepEqual(decided(), [...expected]);
        },
        /** The command is refused, with an error of this class that says what `message` says. */
        thenThrows(t: ExecutionContext, refusal: Refusal, message: RegExp): void {
          t.throws(decided, { instanceOf: refusal, message });
        },
      };
    },
    /** The history says this; what is not named here may be anything. */
    thenHistory(t: ExecutionContext, expected: Partial<History>): void {
      for (const [field, value] of Object.entries(expected)) t.deepEqual(history[field as keyof History], value, field);
    },
    /** Exactly these builds are on record, oldest first. */
    thenBuilds(t: ExecutionContext, expected: readonly Build[]): void {
      t.deepEqual(buildsOf(history), [...expected]);
      t.deepEqual(Object.keys(history.builds).sort(), expected.map(({ id }) => String(id)).sort());
    },
  };
}

/** The same for a fold of a projection: given these events, then it says this; the rest may be anything. */
export function givenFor<Said extends object>(fold: (events: readonly BuildEvent[]) => Said) {
  return (...events: readonly BuildEvent[]) => ({
    then(t: ExecutionContext, expected: Partial<Said>): void {
      t.like(fold(events), expected);
    },
  });
}

/** What `events` add up to, one after the other; none of the histories on the way can be changed. */
export function historyOf(...events: BuildEvent[]): History {
  return events.reduce((history, event) => deepFreeze(evolve(history, deepFreeze(event))), initialState);
}
