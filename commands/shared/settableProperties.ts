import { Failure, printable } from '../../host/failure';
import { parseLogLines, parseNotifyOn, parseNotifyUrl, parseSecret } from '../../subscribers/notifications/settings';
import { parsePositiveInteger } from '../../host/dokku/properties';

/** A property that `builds:set` sets. */
export interface SettableProperty {
  /** Throws {@link Failure} for a value that is none. */
  readonly check: (value: string) => unknown;
  /** It is never shown, and may come on stdin. */
  readonly secret?: true;
}

/** Each property, by its name. */
export const settableProperties: Readonly<Record<string, SettableProperty>> = {
  retention: { check: checkRetention },
  'notify-url': { check: parseNotifyUrl },
  'notify-on': { check: parseNotifyOn },
  'notify-secret': { check: parseSecret, secret: true },
  'notify-log-lines': { check: parseLogLines },
};

/** The property called `name`. Throws {@link Failure}, in the words that hosts have always had where nobody meant a new one. */
export function settableProperty(name: string): SettableProperty {
  const property = Object.hasOwn(settableProperties, name) ? settableProperties[name] : undefined;
  if (property !== undefined) return property;
  const allowed = name.startsWith('notif') ? Object.keys(settableProperties) : ['retention'];
  throw new Failure(`Invalid property "${printable(name)}" (allowed: ${allowed.join(', ')})`);
}

function checkRetention(value: string): void {
  if (parsePositiveInteger(value) !== undefined) return;
  throw new Failure(`Invalid retention "${printable(value)}": must be a positive integer`);
}
