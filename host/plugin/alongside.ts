import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { ownTree } from './pluginTree';

/** A file of this name at the root of a plugin tree says that the stock plugin keeps answering `builds:*`. */
export const ALONGSIDE_MARKER = 'alongside';

/** What the plugin is called where the stock one keeps the name `builds`. */
export const ALONGSIDE_NAME = 'builds-journal';

/**
 * Whether the tree that this program runs from is one that works alongside the stock plugin: journals, and writes no
 * record.
 */
export function isAlongsideTree(): boolean {
  return existsSync(join(ownTree(), ALONGSIDE_MARKER));
}

/** What the plugin's commands begin with: `builds`, or its own name alongside the stock plugin. */
export function pluginName(host: { readonly alongside?: boolean }): string {
  return host.alongside === true ? ALONGSIDE_NAME : 'builds';
}
