import type { Host } from '../../host/dokku/environment';
import { readProperty } from '../../host/dokku/properties';

/** Whether the property `metrics` is `on`. */
export function isMetricsFileWanted(host: Host): boolean {
  try {
    return readProperty(host, '--global', 'metrics') === 'on';
  } catch {
    return false;
  }
}
