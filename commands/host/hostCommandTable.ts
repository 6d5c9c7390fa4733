import type { CommandEntry } from '../commandTable';

/** Every command that is about the host, and run as root: `dokku-builds host:install`. */
export const hostCommandTable: readonly CommandEntry[] = [
  {
    name: 'host:install',
    args: '[--alongside] [--again] [--dry-run]',
    description: 'Make this version answer builds commands or journal alongside the stock plugin',
  },
  { name: 'host:uninstall', args: '[--dry-run]', description: 'Put the stock plugin back and keep all history' },
  {
    name: 'host:status',
    args: '[--format json|stdout]',
    description: 'Say which plugin answers and what to type when it is not this one',
  },
];
