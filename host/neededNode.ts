/** The first Node.js with all that the program uses (`zlib.crc32`): major and minor. */
export const NEEDED_NODE = [20, 15] as const;

/** Whether `version` (`20.15.0`) is that, or later. */
export function isNewEnough(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > NEEDED_NODE[0] || (major === NEEDED_NODE[0] && minor >= NEEDED_NODE[1]);
}

/** How to get it, to be typed as it stands. https://github.com/nodesource/distributions, `apt-cache policy nodejs` */
export const HOW_TO_GET_NODE = [
  'On Debian 13, Ubuntu 25.04 and later:  sudo apt-get update && sudo apt-get install -y nodejs',
  'On Debian 11 and 12, Ubuntu 20.04 to 24.10, whose own nodejs is older:',
  '  curl -fsSL https://deb.nodesource.com/setup_22.x | sudo -E bash -',
  '  sudo apt-get install -y nodejs',
  'Then run this once more.',
] as const;
