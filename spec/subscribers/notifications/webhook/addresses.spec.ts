import test from 'ava';
import fc from 'fast-check';

import { isRefusedAddress } from '../../../../subscribers/notifications/webhook/addresses';

test('metadata services, link-local, multicast and reserved addresses are refused', (t) => {
  for (const address of [
    '169.254.169.254',
    '169.254.170.2',
    '100.100.100.200',
    '168.63.129.16',
    '192.0.0.192',
    'fd00:ec2::254',
    'fd00:ec2::23',
    'fd20:ce::254',
    'fd00:c1::a9fe:a9fe',
    'fd00:42::42',
    'fe80::1',
    'fe80::a9fe:a9fe%eth0',
    'fec0::1',
    '0.0.0.0',
    '0.1.2.3',
    '::',
    '224.0.0.1',
    '239.1.2.3',
    'ff02::1',
    '240.0.0.1',
    '255.255.255.255',
    '100::1',
    '2001:db8::1',
  ]) {
    t.true(isRefusedAddress(address), address);
  }
});

test('public, private, loopback and overlay addresses are allowed; what is not an address is a name', (t) => {
  for (const address of [
    '93.184.215.14',
    '2606:4700::1111',
    '127.0.0.1',
    '::1',
    '10.0.0.1',
    '172.17.0.1',
    '192.168.1.1',
    '100.64.0.7',
    'fd12:3456:789a::1',
    'hooks.example',
    '',
  ]) {
    t.false(isRefusedAddress(address), address);
  }
});

/** The IPv6 addresses whose packets may end up at an IPv4 address, as written with the four bytes of that. */
const forms: Readonly<Record<string, (a: number, b: number, c: number, d: number) => string>> = {
  'IPv4-mapped': (a, b, c, d) => `::ffff:${a}.${b}.${c}.${d}`,
  'IPv4-mapped in hexadecimal': (a, b, c, d) => `::ffff:${hex(a, b)}:${hex(c, d)}`,
  'IPv4-compatible': (a, b, c, d) => `::${hex(a, b)}:${hex(c, d)}`,
  'IPv4-translated': (a, b, c, d) => `::ffff:0:${hex(a, b)}:${hex(c, d)}`,
  NAT64: (a, b, c, d) => `64:ff9b::${hex(a, b)}:${hex(c, d)}`,
  'local NAT64, prefix of 48 bits': (a, b, c, d) => `64:ff9b:1:${hex(a, b)}:${hex(0, c)}:${hex(d, 0)}::`,
  'local NAT64, prefix of 56 bits': (a, b, c, d) => `64:ff9b:1:${hex(0, a)}:${hex(0, b)}:${hex(c, d)}::`,
  'local NAT64, prefix of 64 bits': (a, b, c, d) => `64:ff9b:1:0:${hex(0, a)}:${hex(b, c)}:${hex(d, 0)}:0`,
  'local NAT64, prefix of 96 bits': (a, b, c, d) => `64:ff9b:1::${hex(a, b)}:${hex(c, d)}`,
  '6to4': (a, b, c, d) => `2002:${hex(a, b)}:${hex(c, d)}::1`,
  Teredo: (a, b, c, d) => `2001:0:${hex(a, b)}:${hex(c, d)}::`,
  ISATAP: (a, b, c, d) => `2606:4700::5efe:${hex(a, b)}:${hex(c, d)}`,
};

function hex(high: number, low: number): string {
  return ((high << 8) | low).toString(16);
}

test('an IPv6 address is refused if the IPv4 address inside it is', (t) => {
  for (const [name, form] of Object.entries(forms)) {
    t.true(isRefusedAddress(form(169, 254, 169, 254)), name);
    t.true(isRefusedAddress(form(100, 100, 100, 200)), name);
  }
});

test('an IPv6 form of an allowed IPv4 address is allowed, but for the tunnels that nobody uses any more', (t) => {
  for (const [name, form] of Object.entries(forms)) {
    if (name.startsWith('local NAT64')) continue; // the other places in it hold other addresses
    t.is(isRefusedAddress(form(93, 184, 215, 14)), ['6to4', 'Teredo'].includes(name), name);
  }
});

test('any text has an answer, and any address has the same in each of its spellings', (t) => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.ipV4(), fc.ipV6(), fc.ipV4Extended()), (text) => {
      t.is(typeof isRefusedAddress(text), 'boolean');
    }),
  );
  const byte = fc.integer({ min: 0, max: 255 });
  fc.assert(
    fc.property(byte, byte, byte, byte, (a, b, c, d) => {
      t.is(isRefusedAddress(`::ffff:${hex(a, b)}:${hex(c, d)}`), isRefusedAddress(`${a}.${b}.${c}.${d}`));
    }),
  );
});
