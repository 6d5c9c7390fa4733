import { readdirSync } from 'node:fs';
import { join } from 'node:path';

import { readSmallFile } from '../files/openFile';

const REVISION = /^[0-9a-f]{40}(?:[0-9a-f]{24})?$/;
const REFS_BYTES = 1024 * 1024;

/** `text` as a revision: the whole hash of a commit, SHA-1 or SHA-256, in lower case. Undefined for anything else. */
export function asRevision(text: string | undefined): string | undefined {
  return text !== undefined && REVISION.test(text) ? text : undefined;
}

/**
 * The revision that the bare repository at `path` is at: that of its one branch, which `HEAD` names. Undefined when
 * there is no such repository, or more than one branch: which of them is deployed is then not sure. Never throws.
 */
export function revisionOf(path: string): string | undefined {
  try {
    const head = /^ref: refs\/heads\/([\w-]+)\n$/.exec(readText(join(path, 'HEAD')))?.[1];
    const packed = packedBranches(readText(join(path, 'packed-refs')));
    const loose = readdirSync(join(path, 'refs', 'heads'));
    if (head === undefined || new Set([...packed.keys(), ...loose, head]).size > 1) return undefined;
    return asRevision(readText(join(path, 'refs', 'heads', head)).trim()) ?? packed.get(head);
  } catch {
    return undefined;
  }
}

function packedBranches(text: string): Map<string, string> {
  const lines = text.matchAll(/^([0-9a-f]{40,64}) refs\/heads\/(.+)$/gm);
  return new Map([...lines].map(([, revision = '', branch = '']) => [branch, revision]));
}

function readText(path: string): string {
  return readSmallFile(path, REFS_BYTES) ?? '';
}
