import type * as msgpackr from 'msgpackr';

/*
 * MessagePack by msgpackr, in the form without `eval` and without native code. It is loaded for the first event that
 * is written or read. A call that needs only a checkpoint does not load it.
 */

function loaded(): typeof msgpackr {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- see above
  return require('msgpackr/index-no-eval') as typeof msgpackr;
}

let packr: msgpackr.Packr | undefined;
let unpackr: msgpackr.Unpackr | undefined;

/**
 * `value`, which holds what JSON holds and bytes, as MessagePack: each part in its shortest form, whole numbers beyond
 * 32 bits as doubles.
 */
export function encode(value: unknown): Buffer {
  packr ??= new (loaded().Packr)({ useRecords: false, variableMapSize: true });
  return packr.pack(value);
}

/** The one value that `bytes` hold. Throws if they hold no MessagePack, an extension type, or more than one value. */
export function decode(bytes: Uint8Array): unknown {
  unpackr ??= newUnpackr();
  return unpackr.unpack(bytes);
}

/**
 * The first `count` elements of the array that `bytes` begin with, whatever follows them. Throws if they cannot be
 * read.
 */
export function decodeFirst(bytes: Uint8Array, count: number): unknown[] {
  const elements: unknown[] = [];
  const rest = bytes.subarray(arrayHeaderBytes(bytes));
  const { Unpackr } = loaded();
  new Unpackr(options).unpackMultiple(rest, (element) => elements.push(element) < count);
  if (elements.length < count) throw new TypeError('the array is cut off');
  return elements;
}

/** Fixarray, array 16, array 32. */
function arrayHeaderBytes([first = 0]: Uint8Array): number {
  if (first >> 4 === 0x9) return 1;
  if (first === 0xdc) return 3;
  if (first === 0xdd) return 5;
  throw new TypeError('it is not an array');
}

/** An integer of 64 bits that is not exact as a number becomes one that is not a safe integer. */
const options = { useRecords: false, mapsAsObjects: true, int64AsType: 'number' } as const;

function newUnpackr(): msgpackr.Unpackr {
  const { addExtension, Unpackr } = loaded();
  for (let type = 0; type < 0x100; type += 1) addExtension({ type, unpack: refuseExtension });
  const structures: [] = [];
  const made = new Unpackr({ ...options, structures });
  Object.freeze(structures); // msgpackr has a form for records, whose definition would be added here: adding throws
  return made;
}

/** msgpackr would make dates, sets, errors and pointers of extension types. The journal has none. */
function refuseExtension(): never {
  throw new TypeError('extension types are not read');
}
