import type { Host } from '../../host/dokku/environment';
import { readProperty } from '../../host/dokku/properties';
import { Failure, printable } from '../../host/failure';

/** Whether the property `metrics` is `on`. */
export function isMetricsFileWanted(host: Host): boolean {
  try {
    return readProperty(host, '--global', 'metrics') === 'on';
  } catch {
    return false;
  }
}

/** Throws {@link Failure} if `text` is no value of the property `metrics`. */
export function parseMetrics(text: string): void {
  if (text !== 'on' && text !== 'off') throw new Failure(`Invalid metrics "${printable(text)}": must be on or off`);
}
