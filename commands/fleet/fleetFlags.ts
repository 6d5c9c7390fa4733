import { Failure, printable } from '../../host/failure';
import type { Role } from '../../subscribers/fleet/settings';
import type { WordArgument } from '../definition/command';
import { aChoice, aSwitch, aText } from '../definition/flags';

/** Flags that every command for readers has. */
export const readerFlags = {
  mirror: aText('<dir>', 'where the copies of the journals are kept; by default in the cache of the user'),
  offline: aSwitch('show the copies as they are, and ask no server'),
};

/** `--host` and `--app` */
export const choiceFlags = {
  host: aText('<host>', 'only this host, by its name or its id'),
  app: aText('<app>', 'only apps of this name'),
};

const ROLES = ['host', 'reader', 'administrator'] as const satisfies Role[];

/** `--as` */
export const asRole = aChoice(ROLES, 'the role: host (the default), reader of all hosts, or administrator');

/** A required argument. */
export function aWord(shown: string, help: string): WordArgument<string> {
  return {
    kind: 'word',
    required: true,
    shown,
    help,
    parse(word) {
      if (word) return word;
      throw new Failure(`Please specify ${printable(shown)}`);
    },
  };
}

/** An optional argument. */
export function maybeWord(shown: string, help: string): WordArgument<string | undefined> {
  return { kind: 'word', required: false, shown, help, parse: (word) => word || undefined };
}

/**
 * Common to all commands of the fleet: only the program on the host has them, and they work alongside the stock
 * plugin.
 */
export const ofFleet = { programOnly: true, alongside: true } as const;
