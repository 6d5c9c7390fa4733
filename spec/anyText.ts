import fc from 'fast-check';

/**
 * Text of any characters but lone surrogates. fast-check's own, `fc.string({ unit: 'binary' })`, makes a table of a
 * million characters first, which takes a second.
 */
export function anyText(constraints: fc.StringSharedConstraints = {}): fc.Arbitrary<string> {
  return fc.string({ ...constraints, unit: character });
}

const character = fc
  .oneof(fc.integer({ min: 0, max: 0xd7ff }), fc.integer({ min: 0xe000, max: 0x10ffff }))
  .map((code) => String.fromCodePoint(code));
