/** Whether `host`, a name or an IP address (one of IPv6 in brackets), can only be this machine. */
export function isLoopback(host: string): boolean {
  return /^(localhost|127\.[0-9.]+|\[::1\])$/.test(host);
}
