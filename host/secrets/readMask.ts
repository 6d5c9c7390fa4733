import type { Host } from '../dokku/environment';
import type { AppName } from '../dokku/names';
import { propertyPath } from '../dokku/paths';
import { readProperty } from '../dokku/properties';
import { environmentFiles, readAppEnvironment } from './appEnvironment';
import { reasonOf } from '../failure';
import type { Mask } from './mask';
import { parsePatterns } from './patterns';
import { secretValues } from './secretValues';

/**
 * What must be masked in a log of `app`: secrets of its environment, and the patterns of the property `mask`, its own
 * and the global ones. If any of these cannot be read, a sentence that says why: then no log may leave the host.
 */
export function readMask(host: Host, app: AppName): Mask | string {
  try {
    return maskOf(host, app);
  } catch (error) {
    return `The log is left out, because secrets in it could not be masked: ${reasonOf(error)}`;
  }
}

/** The files that the mask of `app` comes from. They need not be there. */
export function maskFiles(host: Host, app: AppName): string[] {
  const properties = ([app, '--global'] as const).map((scope) => propertyPath(host, scope, 'mask'));
  return [...properties, ...environmentFiles(host, app)];
}

function maskOf(host: Host, app: AppName): Mask {
  const patterns = ([app, '--global'] as const).flatMap((scope) => {
    const stored = readProperty(host, scope, 'mask');
    return stored === '' ? [] : parsePatterns(stored);
  });
  return { values: secretValues(readAppEnvironment(host, app)), patterns };
}
