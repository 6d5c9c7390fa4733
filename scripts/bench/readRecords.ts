import { readdirSync, readFileSync } from 'node:fs';

/* `read-records <directory>`: reads and parses each record of each app in it, and does nothing with what comes. */

const [, , directory = ''] = process.argv;
let records = 0;
for (const app of readdirSync(directory)) {
  if (app.startsWith('.')) continue;
  for (const name of readdirSync(`${directory}/${app}`)) {
    if (!name.endsWith('.json')) continue;
    JSON.parse(readFileSync(`${directory}/${app}/${name}`, 'utf8'));
    records += 1;
  }
}
process.stdout.write(`${records}\n`);
