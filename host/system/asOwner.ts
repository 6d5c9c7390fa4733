import { statSync } from 'node:fs';

/**
 * Does `work` with the rights of the user whom `directory` belongs to, when root runs this: what it makes then belongs
 * to that user, and no link that the user may have planted leads further than the user could go. Anyone else does it
 * as who they are.
 */
export function asOwnerOf<T>(directory: string, work: () => T): T {
  const owner = process.geteuid?.() === 0 ? statSync(directory, { throwIfNoEntry: false }) : undefined;
  if (owner === undefined || owner.uid === 0) return work();
  const group = process.getegid?.() ?? 0;
  const groups = process.getgroups?.() ?? [];
  process.setgroups?.([owner.gid]); // what root may do by its other groups, that user may not
  process.setegid?.(owner.gid);
  process.seteuid?.(owner.uid);
  try {
    return work();
  } finally {
    process.seteuid?.(0);
    process.setegid?.(group);
    process.setgroups?.(groups);
  }
}
