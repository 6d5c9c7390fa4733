import { HOW_TO_GET_NODE, NEEDED_NODE } from './neededNode';

/*
 * Runs in the program's place on a `node` that is too old for it (hence no module, and no syntax newer than ES2018), which must cost no
 * deploy. What is written here is written when `write` returns, on Linux. host/launcher.sh does the same where there is no node at all.
 */
process.exit(withoutProgram(process.argv[2] || '', process.argv[3] || ''));

function withoutProgram(name: string, first: string): number {
  if (name === 'builds-generate-id') {
    process.stdout.write(`${digits(Date.now(), 8)}${digits(Math.floor(Math.random() * Math.pow(36, 6)), 6)}\n`);
    return 0;
  }
  if (name === 'commands' && first === 'help') return 0;
  const needed = `dokku-builds needs Node.js ${NEEDED_NODE.join('.')} or later, and node is ${process.versions.node}`;
  const explains = name === 'dependencies' || name.startsWith('host:');
  const lines = explains ? [needed, ...HOW_TO_GET_NODE] : [`${needed} (see docs/operations.md)`];
  process.stderr.write(lines.map((line) => ` !     ${line}\n`).join(''));
  return /^(builds-|install$|post-)/.test(name) ? 0 : 1;
}

function digits(number: number, length: number): string {
  return number.toString(36).padStart(length, '0').slice(-length);
}
