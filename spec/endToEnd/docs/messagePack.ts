/** What a journal's MessagePack can hold. */
export type Value = string | number | true | Buffer | Value[] | ValueMap;

export interface ValueMap {
  readonly [name: string]: Value;
}

/** The one value that `bytes` hold, in the formats that docs/journal-format.md names and no others. Throws for anything else. */
export function unpack(bytes: Buffer): Value {
  return new Reader(bytes).value();
}

class Reader {
  private at = 0;

  constructor(private readonly bytes: Buffer) {}

  value(): Value {
    const format = this.take(1).readUInt8();
    if (format <= 0x7f) return format;
    if (format <= 0x8f) return this.map(format & 0x0f);
    if (format <= 0x9f) return this.array(format & 0x0f);
    if (format <= 0xbf) return this.text(format & 0x1f);
    if (format >= 0xe0) return format - 0x100;
    if (format === 0xc3) return true;
    if (format === 0xc4) return this.take(this.unsigned(1));
    if (format === 0xcb) return this.take(8).readDoubleBE();
    if (format >= 0xcc && format <= 0xce) return this.unsigned(1 << (format - 0xcc));
    if (format >= 0xd0 && format <= 0xd2) return this.take(1 << (format - 0xd0)).readIntBE(0, 1 << (format - 0xd0));
    if (format === 0xd9 || format === 0xda) return this.text(this.unsigned(format - 0xd8));
    if (format === 0xdc) return this.array(this.unsigned(2));
    throw new Error(`format ${format.toString(16)} is none that the page names`);
  }

  private unsigned(bytes: number): number {
    return this.take(bytes).readUIntBE(0, bytes);
  }

  private text(length: number): string {
    return this.take(length).toString('utf8');
  }

  private array(length: number): Value[] {
    return Array.from({ length }, () => this.value());
  }

  private map(length: number): ValueMap {
    return Object.fromEntries(Array.from({ length }, () => [this.key(), this.value()]));
  }

  private key(): string {
    const key = this.value();
    if (typeof key !== 'string') throw new Error('a key that is no text');
    return key;
  }

  private take(length: number): Buffer {
    if (this.at + length > this.bytes.length) throw new Error('the value is cut off');
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }
}
