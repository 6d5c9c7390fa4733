import { produce } from 'immer';

import type { BuildEvent } from './events';
import type { History } from './history';
import { apply } from './applyEvent';

/**
 * `history` after `event`, which leaves it as it was. What does not apply gives back the very same history.
 *
 * Who has a draft of his own, {@link apply}s events to that: where every millisecond counts, or millions of events.
 */
export function evolve(history: History, event: BuildEvent): History {
  return produce(history, (draft) => {
    apply(draft, event);
  });
}
