/*
 * A reader of MessagePack that shares nothing with the one that the program uses: what another language would have. Made from
 * the format's specification (https://github.com/msgpack/msgpack/blob/master/spec.md); it refuses extensions, which the journal
 * promises not to use.
 */

export type Unpacked = null | boolean | number | string | Uint8Array | Unpacked[] | { [key: string]: Unpacked };

/** The one value that `bytes` hold. Throws when they hold something else. */
export function unpack(bytes: Uint8Array): Unpacked {
  const reader = new Reader(Buffer.from(bytes));
  const value = reader.value();
  if (reader.at !== bytes.length) throw new Error(`${bytes.length - reader.at} bytes behind the value`);
  return value;
}

class Reader {
  at = 0;

  constructor(private readonly bytes: Buffer) {}

  value(): Unpacked {
    const type = this.number(1);
    if (type <= 0x7f) return type;
    if (type <= 0x8f) return this.map(type & 0x0f);
    if (type <= 0x9f) return this.array(type & 0x0f);
    if (type <= 0xbf) return this.text(type & 0x1f);
    if (type >= 0xe0) return type - 0x100;
    switch (type) {
      case 0xc0:
        return null;
      case 0xc2:
        return false;
      case 0xc3:
        return true;
      case 0xc4:
      case 0xc5:
      case 0xc6:
        return Uint8Array.from(this.take(this.number(2 ** (type - 0xc4))));
      case 0xca:
        return this.take(4).readFloatBE();
      case 0xcb:
        return this.take(8).readDoubleBE();
      case 0xcc:
      case 0xcd:
      case 0xce:
        return this.number(2 ** (type - 0xcc));
      case 0xcf:
        return Number(this.take(8).readBigUInt64BE());
      case 0xd0:
      case 0xd1:
      case 0xd2: {
        const size = 2 ** (type - 0xd0);
        return this.take(size).readIntBE(0, size);
      }
      case 0xd3:
        return Number(this.take(8).readBigInt64BE());
      case 0xd9:
      case 0xda:
      case 0xdb:
        return this.text(this.number(2 ** (type - 0xd9)));
      case 0xdc:
      case 0xdd:
        return this.array(this.number(2 ** (type - 0xdb)));
      case 0xde:
      case 0xdf:
        return this.map(this.number(2 ** (type - 0xdd)));
      default:
        throw new Error(`type 0x${type.toString(16)} at ${this.at - 1} is an extension, or none at all`);
    }
  }

  private number(size: number): number {
    return this.take(size).readUIntBE(0, size);
  }

  private text(length: number): string {
    return this.take(length).toString('utf8');
  }

  private array(length: number): Unpacked[] {
    return Array.from({ length }, () => this.value());
  }

  private map(length: number): Record<string, Unpacked> {
    const entries = Array.from({ length }, () => {
      const key = this.value();
      if (typeof key !== 'string') throw new Error('a key that is no text');
      return [key, this.value()] as const;
    });
    return Object.fromEntries(entries);
  }

  private take(length: number): Buffer {
    if (this.at + length > this.bytes.length) throw new Error('cut off');
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }
}
