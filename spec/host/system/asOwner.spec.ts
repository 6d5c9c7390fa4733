import { chmodSync, chownSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { asOwnerOf } from '../../../host/system/asOwner';
import { asRoot, temporaryDirectory } from '../../temporaryHost';

const OWNER = 54_321;
const GROUP = 54_322; // root is in it, and the owner is not

asRoot('root that acts as the owner may do what the owner may, and nothing by the groups that root is in', (t) => {
  const groups = process.getgroups?.() ?? [];
  t.teardown(() => process.setgroups?.(groups));
  process.setgroups?.([...groups, GROUP]);
  const directory = temporaryDirectory(t);
  const [owned, ofGroup, ofOthers] = ['owned', 'ofGroup', 'ofOthers'].map((name) => join(directory, name)) as [
    string,
    string,
    string,
  ];
  mkdirSync(owned);
  chownSync(owned, OWNER, OWNER);
  for (const [path, group, mode] of [
    [ofGroup, GROUP, 0o060],
    [ofOthers, 0, 0o600],
  ] as const) {
    writeFileSync(path, 'secret');
    chownSync(path, 0, group);
    chmodSync(path, mode);
  }
  asOwnerOf(owned, () => {
    writeFileSync(join(owned, 'made'), '');
    t.deepEqual(process.getgroups?.(), [OWNER]);
    for (const path of [ofGroup, ofOthers]) {
      t.throws(() => readFileSync(path), { code: 'EACCES' }, `read ${path}`);
      t.throws(() => writeFileSync(path, ''), { code: 'EACCES' }, `write ${path}`);
    }
  });
  t.like(statSync(join(owned, 'made')), { uid: OWNER, gid: OWNER });
  t.deepEqual(new Set(process.getgroups?.()), new Set([...groups, GROUP]));
  t.is(readFileSync(ofGroup, 'utf8'), 'secret', 'root is root again');
});

asRoot('root is root again after what the owner could not do', (t) => {
  const directory = temporaryDirectory(t);
  chownSync(directory, OWNER, OWNER);
  const groups = process.getgroups?.();
  t.throws(
    () =>
      asOwnerOf(directory, () => {
        throw new Error('no');
      }),
    { message: 'no' },
  );
  t.deepEqual([process.geteuid?.(), process.getegid?.(), process.getgroups?.()], [0, 0, groups]);
});
