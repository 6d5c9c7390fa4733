import * as ipaddr from 'ipaddr.js';

type Address = ipaddr.IPv4 | ipaddr.IPv6;

/**
 * The kinds of addresses, in the words of ipaddr.js, that a receiver can have. Private ones are among them: receivers
 * live there.
 */
const ALLOWED_KINDS: ReadonlySet<string> = new Set([
  'unicast',
  'loopback',
  'private',
  'uniqueLocal',
  'carrierGradeNat', // overlay networks such as Tailscale use it
]);

/**
 * Where clouds hand out a machine's credentials, on addresses of an allowed kind. The other clouds use a link-local
 * one.
 */
const METADATA_SERVICES = [
  '100.100.100.0/24', // Alibaba Cloud
  '168.63.129.16/32', // Azure
  'fd00:42::/32', // Scaleway
  'fd00:c1::/32', // Oracle Cloud
  'fd00:ec2::/32', // AWS
  'fd20:ce::/32', // Google Cloud
].map((network) => ipaddr.parseCIDR(network));

/**
 * Whether nothing is sent to the IP address `text`: it is link-local, multicast, reserved, this network's, or a
 * metadata service of a cloud, or it is an IPv6 form of such an IPv4 address. False for what is not an address.
 */
export function isRefusedAddress(text: string): boolean {
  if (!ipaddr.isValid(text)) return false;
  const address = ipaddr.parse(text);
  const inner = address instanceof ipaddr.IPv6 ? embeddedIPv4(address) : [];
  return inner.length > 0 ? inner.some(isRefused) : isRefused(address);
}

/** The host of `url` if it is an IP address that is refused; else undefined. */
export function refusedAddressIn(url: URL): string | undefined {
  const address = url.hostname.replace(/^\[|\]$/g, '');
  return isRefusedAddress(address) ? address : undefined;
}

/** Why nothing is sent to `address`. */
export function refusalOf(address: string): string {
  return `nothing is sent to the address ${address}: it is link-local, reserved, or the metadata service of a cloud`;
}

function isRefused(address: Address): boolean {
  if (!ALLOWED_KINDS.has(address.range())) return true;
  return METADATA_SERVICES.some(([network, bits]) => network.kind() === address.kind() && address.match(network, bits));
}

/**
 * The IPv4 addresses that a packet to `address` may end up at: IPv4-mapped and IPv4-compatible (RFC 4291), translated
 * (RFC 6145), and NAT64 (RFC 6052). In a local NAT64 prefix (RFC 8215) the network decides where the IPv4 address
 * stands, so all places are read. The tunnels 6to4 and Teredo are no allowed kinds.
 */
function embeddedIPv4(address: ipaddr.IPv6): ipaddr.IPv4[] {
  const bytes = address.toByteArray();
  const at = (...places: number[]): ipaddr.IPv4 => new ipaddr.IPv4(places.map((place) => bytes[place] ?? 0));
  const last = at(12, 13, 14, 15);
  const kind = address.range();
  if (kind === 'ipv4Mapped' || kind === 'rfc6145') return [last];
  if (kind === 'rfc6052')
    return isLocalNat64(address) ? [at(6, 7, 9, 10), at(7, 9, 10, 11), at(9, 10, 11, 12), last] : [last];
  return isCompatible(bytes) || isIsatap(bytes) ? [last] : [];
}

const LOCAL_NAT64 = ipaddr.parseCIDR('64:ff9b:1::/48');

function isLocalNat64(address: ipaddr.IPv6): boolean {
  return address.match(LOCAL_NAT64[0], LOCAL_NAT64[1]);
}

/** `::a.b.c.d`, but not `::` and `::1`. */
function isCompatible(bytes: readonly number[]): boolean {
  return bytes.slice(0, 12).every((byte) => byte === 0) && bytes.slice(12, 14).some((byte) => byte !== 0);
}

/** The interface identifier of RFC 5214, below any prefix. */
function isIsatap(bytes: readonly number[]): boolean {
  const [first, ...others] = bytes.slice(8, 12);
  return (first === 0 || first === 2) && others.join() === '0,94,254';
}
