/*
 * A reader of MessagePack that shares nothing with the one that the program uses: what another language would have.
 * Made from the format's specification (https://github.com/msgpack/msgpack/blob/master/spec.md) and
 * docs/journal-format.md.
 */

/** What a journal's MessagePack can hold. */
export type Value = null | string | number | boolean | symbol | Uint8Array | Value[] | ValueMap;

/** The byte C1 in place of a value. */
const OF_NO_TYPE = Symbol('C1');

export interface ValueMap {
  readonly [name: string]: Value;
}

/** The one value that `bytes` hold. Throws for anything that docs/journal-format.md says is not read. */
export function unpack(bytes: Uint8Array): Value {
  return onlyValueOf(new Reader(Buffer.from(bytes)));
}

/** The same, for what the program itself writes. It also throws for the byte C1 and for a key that is not text. */
export function unpackWritten(bytes: Uint8Array): Value {
  return onlyValueOf(new ReaderOfWritten(Buffer.from(bytes)));
}

function onlyValueOf(reader: Reader): Value {
  const value = reader.value();
  if (!reader.isAtEnd()) throw new Error('bytes behind the value');
  return value;
}

/**
 * The first `count` elements of the array that `bytes` begin with. Throws if there are fewer, or one cannot be read.
 */
export function unpackFirst(bytes: Buffer, count: number): Value[] {
  const first = bytes[0] ?? 0;
  const header = first >> 4 === 0x9 ? 1 : { 0xdc: 3, 0xdd: 5 }[first];
  if (header === undefined) throw new Error('no array');
  const reader = new Reader(bytes.subarray(header));
  return Array.from({ length: count }, () => reader.value());
}

class Reader {
  private at = 0;

  constructor(private readonly bytes: Buffer) {}

  isAtEnd(): boolean {
    return this.at === this.bytes.length;
  }

  value(): Value {
    const format = this.take(1).readUInt8();
    if (format <= 0x7f) return format;
    if (format <= 0x8f) return this.map(format & 0x0f);
    if (format <= 0x9f) return this.array(format & 0x0f);
    if (format <= 0xbf) return this.text(format & 0x1f);
    if (format >= 0xe0) return format - 0x100;
    switch (format) {
      case 0xc0:
        return null;
      case 0xc1:
        return OF_NO_TYPE;
      case 0xc2:
        return false;
      case 0xc3:
        return true;
      case 0xc4:
      case 0xc5:
      case 0xc6:
        return Uint8Array.from(this.take(this.unsigned(1 << (format - 0xc4))));
      case 0xca:
        return this.take(4).readFloatBE();
      case 0xcb:
        return this.take(8).readDoubleBE();
      case 0xcc:
      case 0xcd:
      case 0xce:
        return this.unsigned(1 << (format - 0xcc));
      case 0xcf:
        return Number(this.take(8).readBigUInt64BE());
      case 0xd0:
      case 0xd1:
      case 0xd2:
        return this.take(1 << (format - 0xd0)).readIntBE(0, 1 << (format - 0xd0));
      case 0xd3:
        return Number(this.take(8).readBigInt64BE());
      case 0xd9:
      case 0xda:
      case 0xdb:
        return this.text(this.unsigned(1 << (format - 0xd9)));
      case 0xdc:
      case 0xdd:
        return this.array(this.unsigned(2 << (format - 0xdc)));
      case 0xde:
      case 0xdf:
        return this.map(this.unsigned(2 << (format - 0xde)));
      default:
        throw new Error(`format ${format.toString(16)} is an extension type, or none`);
    }
  }

  private unsigned(bytes: number): number {
    return this.take(bytes).readUIntBE(0, bytes);
  }

  private text(length: number): string {
    return this.take(length).toString('utf8');
  }

  private array(length: number): Value[] {
    const values: Value[] = [];
    while (values.length < length) values.push(this.value());
    return values;
  }

  private map(length: number): ValueMap {
    const fields: [Value, Value][] = [];
    while (fields.length < length) fields.push([this.key(), this.value()]);
    return Object.fromEntries(fields.filter(([key]) => typeof key === 'string')) as ValueMap;
  }

  protected key(): Value {
    const key = this.value();
    if (key === OF_NO_TYPE || (typeof key === 'object' && key !== null))
      throw new Error('a key that is not text, number, boolean or nil');
    return key;
  }

  private take(length: number): Buffer {
    if (this.at + length > this.bytes.length) throw new Error('the value is cut off');
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }
}

class ReaderOfWritten extends Reader {
  override value(): Value {
    const value = super.value();
    if (value === OF_NO_TYPE) throw new Error('the byte C1');
    return value;
  }

  protected override key(): Value {
    const key = super.key();
    if (typeof key !== 'string') throw new Error('a key that is not a text');
    return key;
  }
}
