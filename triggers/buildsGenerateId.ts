import { writeSync } from 'node:fs';

import { generateBuildId } from '../host/dokku/names';

/** `builds-generate-id`: prints a new build id and a newline, and nothing else on stdout. */
export function buildsGenerateId(): undefined {
  writeSync(1, `${generateBuildId(Date.now())}\n`);
}
