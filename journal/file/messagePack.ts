import type * as msgpackr from 'msgpackr/unpack';

/**
 * `value` as plain MessagePack (https://github.com/msgpack/msgpack/blob/master/spec.md), every part in its shortest form; numbers that are no
 * integers of 32 bits are doubles. Takes what JSON has, and bytes. Throws TypeError for anything else.
 *
 * msgpackr, which reads the journals, makes the same bytes. But a deploy would wait for it to load, to write one event.
 */
export function encodeMessagePack(value: unknown): Buffer {
  const encoder = new Encoder();
  encoder.put(value);
  return encoder.encoded();
}

let loadedOnce: msgpackr.Unpackr | undefined;

/** The value that `bytes` hold as plain MessagePack. Throws when they do not. */
export function decodeMessagePack(bytes: Uint8Array): unknown {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- loaded with the first frame: one who reads a checkpoint and nothing behind it meets none
  loadedOnce ??= new (require('msgpackr/unpack') as typeof msgpackr).Unpackr({
    useRecords: false,
    mapsAsObjects: true,
  });
  return loadedOnce.unpack(bytes);
}

/** How a form begins: with its length in the first byte, when below `small`; else with a byte that says how many bytes the length takes. */
interface Form {
  readonly first: number;
  readonly small: number;
  readonly of8: number | undefined;
  readonly of16: number;
  readonly of32: number;
}

const STRING: Form = { first: 0xa0, small: 32, of8: 0xd9, of16: 0xda, of32: 0xdb };
const BYTES: Form = { first: 0, small: 0, of8: 0xc4, of16: 0xc5, of32: 0xc6 };
const ARRAY: Form = { first: 0x90, small: 16, of8: undefined, of16: 0xdc, of32: 0xdd };
const MAP: Form = { first: 0x80, small: 16, of8: undefined, of16: 0xde, of32: 0xdf };
const UNSIGNED: Form = { first: 0, small: 128, of8: 0xcc, of16: 0xcd, of32: 0xce };

const FIRST_BYTES = 1024;
const MOST_OF_A_NUMBER = 9;

/** Writes by DataView, which is native; the methods of Buffer are JavaScript that each process compiles before it uses them. */
class Encoder {
  private bytes = Buffer.allocUnsafe(FIRST_BYTES);
  private view = viewOf(this.bytes);
  private length = 0;

  encoded(): Buffer {
    return this.bytes.subarray(0, this.length);
  }

  put(value: unknown): void {
    this.reserve(MOST_OF_A_NUMBER);
    if (typeof value === 'string') {
      this.putBytes(STRING, Buffer.from(value));
    } else if (typeof value === 'number') {
      this.putNumber(value);
    } else if (typeof value === 'boolean') {
      this.view.setUint8(this.length++, value ? 0xc3 : 0xc2);
    } else if (value === null) {
      this.view.setUint8(this.length++, 0xc0);
    } else if (value instanceof Uint8Array) {
      this.putBytes(BYTES, value);
    } else if (Array.isArray(value)) {
      this.putHead(ARRAY, value.length);
      for (const element of value as unknown[]) this.put(element);
    } else if (typeof value === 'object') {
      const entries = Object.entries(value);
      this.putHead(MAP, entries.length);
      for (const [key, member] of entries) {
        this.put(key);
        this.put(member);
      }
    } else {
      throw new TypeError(`MessagePack has no form for ${typeof value}`);
    }
  }

  private putBytes(form: Form, bytes: Uint8Array): void {
    this.putHead(form, bytes.length);
    this.reserve(bytes.length);
    this.bytes.set(bytes, this.length);
    this.length += bytes.length;
  }

  private putNumber(value: number): void {
    if (value >>> 0 === value) {
      this.putHead(UNSIGNED, value);
    } else if (value >> 0 === value) {
      this.putNegative(value);
    } else {
      this.view.setUint8(this.length, 0xcb);
      this.view.setFloat64(this.length + 1, value);
      this.length += 9;
    }
  }

  private putHead(form: Form, value: number): void {
    if (value < form.small) {
      this.view.setUint8(this.length++, form.first + value);
    } else if (value <= 0xff && form.of8 !== undefined) {
      this.view.setUint8(this.length, form.of8);
      this.view.setUint8(this.length + 1, value);
      this.length += 2;
    } else if (value <= 0xffff) {
      this.view.setUint8(this.length, form.of16);
      this.view.setUint16(this.length + 1, value);
      this.length += 3;
    } else {
      this.view.setUint8(this.length, form.of32);
      this.view.setUint32(this.length + 1, value);
      this.length += 5;
    }
  }

  private putNegative(value: number): void {
    if (value >= -0x20) {
      this.view.setInt8(this.length++, value);
    } else if (value >= -0x80) {
      this.view.setUint8(this.length, 0xd0);
      this.view.setInt8(this.length + 1, value);
      this.length += 2;
    } else if (value >= -0x8000) {
      this.view.setUint8(this.length, 0xd1);
      this.view.setInt16(this.length + 1, value);
      this.length += 3;
    } else {
      this.view.setUint8(this.length, 0xd2);
      this.view.setInt32(this.length + 1, value);
      this.length += 5;
    }
  }

  private reserve(more: number): void {
    if (this.length + more <= this.bytes.length) return;
    const bytes = Buffer.allocUnsafe(2 * (this.length + more));
    bytes.set(this.bytes);
    this.bytes = bytes;
    this.view = viewOf(bytes);
  }
}

function viewOf({ buffer, byteOffset, length }: Buffer): DataView {
  return new DataView(buffer, byteOffset, length);
}
