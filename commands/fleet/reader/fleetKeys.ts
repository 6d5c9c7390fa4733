import type { LogRoom } from '../../watch/watchLogView';
import { onKey, type WatchState } from '../../watch/watchState';

/**
 * The state of `fleet:watch` after a key. Logs and processes are on their hosts: a key that needs them only says so.
 */
export function onFleetKey(state: WatchState, key: string, room: LogRoom): [WatchState, 'quit'?] {
  const say = (message: string): [WatchState] => [{ ...state, message }];
  if (key === 'c' && state.prompt === undefined)
    return say('Builds are canceled on their hosts: dokku builds:cancel there');
  const [next, effect] = onKey(state, key, room);
  if (next.view.name === 'log') return say('Logs stay on their hosts: dokku builds:output there');
  return effect === 'quit' ? [next, effect] : [next];
}
