import { readFileSync } from 'node:fs';
import { rootCertificates } from 'node:tls';

/** Where Debian keeps the certificate authorities that this host trusts; update-ca-certificates(8) writes it. */
const SYSTEM_CERTIFICATES = '/etc/ssl/certs/ca-certificates.crt';

let trusted: string | undefined;

/**
 * The certificate authorities that a receiver's certificate is checked against, in PEM: those of the host, or those
 * that came with the runtime if the host has none. They are given to the runtime explicitly. Otherwise, variables of
 * the environment, which the app's owner can set, could add others.
 */
export function trustedCertificates(): string {
  trusted ??= readSystemCertificates() ?? rootCertificates.join('\n');
  return trusted;
}

function readSystemCertificates(): string | undefined {
  try {
    return readFileSync(SYSTEM_CERTIFICATES, 'latin1');
  } catch {
    return undefined;
  }
}
