import type { ExecutionContext } from 'ava';

import type { BuildId } from '../../host/dokku/names';
import { type BuildCommand, decide } from '../../journal/decide';
import type { BuildEvent } from '../../journal/events';
import { emptyHistory } from '../../journal/applyEvent';
import { evolve } from '../../journal/evolve';

type Refusal = new (...args: never[]) => Error;

/** A rule in one expression: given these events, when this command, then these events. */
export function given(...events: BuildEvent[]) {
  const history = events.reduce(evolve, emptyHistory);
  const decision = (command: BuildCommand, before: readonly string[]) => {
    const startedBefore = (id: BuildId): boolean => before.includes(id);
    const decided = (): BuildEvent[] => decide(history, command, startedBefore);
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
  };
  return {
    when: (command: BuildCommand) => decision(command, []),
    /** The same on a host whose journal knows starts of these ids, so long ago that the history has forgotten them. */
    longAfterStartsOf: (...before: string[]) => ({ when: (command: BuildCommand) => decision(command, before) }),
  };
}
