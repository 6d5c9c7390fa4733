import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Files in PEM, made by openssl(1) for one spec: nothing of it is kept. */
export interface Authority {
  readonly certificate: string;
  /** Signs a certificate for `names`, such as `DNS:localhost`; valid for so many days, from now on. */
  sign(file: string, names: string, days?: number): { readonly certificate: string; readonly key: string };
}

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

/** Makes an authority in `directory`; its files begin with `name`. */
export function makeAuthority(directory: string, name: string): Authority {
  const [key, certificate] = [join(directory, `${name}.key`), join(directory, `${name}.pem`)];
  openssl(['req', '-x509', ...NEW_KEY, '-keyout', key, '-out', certificate, '-days', '2', '-subj', `/CN=${name}`]);
  return {
    certificate,
    sign(file, names, days = 2) {
      const at = (ending: string): string => join(directory, `${file}.${ending}`);
      writeFileSync(at('ext'), `subjectAltName=${names}\n`);
      openssl(['req', '-new', ...NEW_KEY, '-keyout', at('key'), '-out', at('csr'), '-subj', '/CN=server']);
      const by = ['-CA', certificate, '-CAkey', key, '-CAcreateserial', '-extfile', at('ext')];
      openssl(['x509', '-req', '-in', at('csr'), '-out', at('pem'), '-days', String(days), ...by]);
      return { certificate: at('pem'), key: at('key') };
    },
  };
}

/** Why no certificate can be made here; undefined when it can. */
export const cannotCertify = ((): string | undefined => {
  try {
    openssl(['version']);
    return undefined;
  } catch {
    return 'openssl(1) is not installed';
  }
})();

function openssl(args: readonly string[]): void {
  execFileSync('openssl', args, { stdio: ['ignore', 'ignore', 'pipe'] });
}
