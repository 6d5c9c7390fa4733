const UNITS = ['', 'k', 'm', 'g'];

/**
 * The bytes of a size such as `4096`, `500k`, `10m`, `10MiB` or `1g`: each unit is 1024 of the one before. Undefined
 * for any other text, and for what no file can hold.
 */
export function parseSize(text: string): number | undefined {
  const [, digits, unit = ''] = /^(\d{1,12})([kmg]?)(?:i?b)?$/i.exec(text) ?? [];
  if (digits === undefined) return undefined;
  const size = Number(digits) * 1024 ** UNITS.indexOf(unit.toLowerCase());
  return Number.isSafeInteger(size) ? size : undefined;
}
