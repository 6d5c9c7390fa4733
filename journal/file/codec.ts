import { addExtension, Packr, Unpackr } from 'msgpackr/pack';

/** Plain MessagePack, each part in its shortest form; whole numbers beyond 32 bits are doubles. */
const packr = new Packr({ useRecords: false, variableMapSize: true });

/** Any integer that is not exact as a number is not one that the journal allows. */
const options = { useRecords: false, mapsAsObjects: true, int64AsType: 'number' } as const;

/** Frozen: msgpackr has a form for records, whose definition would be added to it. Adding throws. */
const structures: [] = [];
const unpackr = new Unpackr({ ...options, structures });
Object.freeze(structures);

/** msgpackr would make dates, sets, errors and pointers of extension types. The journal has none. */
for (let type = 0; type < 0x100; type += 1) addExtension({ type, unpack: refuseExtension });

function refuseExtension(): never {
  throw new TypeError('extension types are not read');
}

/** `value`, which holds what JSON holds and bytes, as MessagePack. */
export function encode(value: unknown): Buffer {
  return packr.pack(value);
}

/** The one value that `bytes` hold. Throws if they hold no MessagePack, an extension type, or more than one value. */
export function decode(bytes: Uint8Array): unknown {
  return unpackr.unpack(bytes);
}

const FIXARRAY = 0x90;

/** The first `count` elements of the array that `bytes` begin with, whatever follows them. Throws if they cannot be read. */
export function decodeFirst(bytes: Uint8Array, count: number): unknown[] {
  const elements: unknown[] = [];
  const length = (bytes[0] ?? 0) - FIXARRAY;
  if (length < count || length > 0xf) throw new TypeError('it does not begin with an array');
  new Unpackr(options).unpackMultiple(bytes.subarray(1), (element) => elements.push(element) < count);
  return elements;
}
