import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hasProgram } from './debian-package.ts';

export const hasOpenssl: boolean = hasProgram('openssl', 'openssl');

/** In PEM. The certificate is its own authority: a client trusts it by `ca`. */
export interface Certificate {
  readonly key: string;
  readonly cert: string;
}

/** A certificate of the test's own for a host name or an address, valid for two days from now. Only if `hasOpenssl`. */
export function newCertificate(host: string = '127.0.0.1'): Certificate {
  const folder = mkdtempSync(join(tmpdir(), 'certificate-'));
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const kind = /^[\d.]+$/.test(host) ? 'IP' : 'DNS';
  const subject = ['-subj', `/CN=${host}`, '-addext', `subjectAltName=${kind}:${host}`, '-days', '2'];
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  try {
    execFileSync('openssl', ['req', '-x509', ...curve, ...subject, '-keyout', key, '-out', cert], { stdio: 'pipe' });
    return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
