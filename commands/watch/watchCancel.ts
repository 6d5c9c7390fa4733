import type { Host } from '../../host/dokku/environment';
import { reasonOf } from '../../host/failure';
import { readDeployLock } from '../../host/dokku/locks';
import type { Output } from '../../host/terminal/output';
import { cancelCurrent } from '../cancel/cancel';
import type { WatchedBuild } from './watchBuilds';

/**
 * Does what `builds:cancel` does, for a build that was looked at; returns what it says, in one line. Throws nothing.
 */
export function cancelWatched(host: Host, { app, shown }: WatchedBuild): string {
  const { id } = shown.build;
  if (host.alongside) return 'The stock plugin answers builds:cancel here; this one only journals';
  const lock = readDeployLock(host, app);
  if (lock.state !== 'held' || lock.id !== id)
    return `Build ${id} does not hold the deploy lock of ${app}; not canceled`;
  const said: string[] = [];
  try {
    cancelCurrent(host, sayTo(said), app, false);
  } catch (error) {
    said.push(reasonOf(error));
  }
  return said.join('; ');
}

function sayTo(said: string[]): Output {
  const say = (text: string): void => void said.push(text);
  const nothing = (): void => undefined;
  return {
    title: nothing,
    viewTitle: nothing,
    step: say,
    note: say,
    verbose: say,
    line: say,
    raw: nothing,
    warn: say,
    flush: nothing,
    isTerminal: false,
  };
}
