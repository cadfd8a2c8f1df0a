import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { misconfigured } from '../lib/errors.ts';
import { loadSigningKeys, type SigningAlgorithm, type SigningKey, signingKeyAt } from '../tokens/signing-keys.ts';
import { readKeyFile, rotateKeyFile } from './key-file.ts';

/** `keys rotate <file> [--algorithm ES256|EdDSA|RS256]` and `keys list <file>`. */
export function runKeys(args: readonly string[]): number {
  const { positionals, values } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { algorithm: { type: 'string', default: 'ES256' } },
  });
  const [action, path] = positionals;
  if (path === undefined || (action !== 'rotate' && action !== 'list')) {
    throw misconfigured(
      'Usage: verified-mobile-issuer keys rotate <file> [--algorithm ES256|EdDSA|RS256], or keys list <file>.',
    );
  }
  const now = Date.now();
  const keys =
    action === 'rotate'
      ? rotateKeyFile(path, values.algorithm as SigningAlgorithm, now)
      : readKeyFile(readFile(path), path);
  process.stdout.write(describe(keys, now));
  if (action === 'rotate') process.stdout.write('Copy the file to every node, then send each SIGHUP.\n');
  return 0;
}

function readFile(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (cause) {
    throw misconfigured(`${path} cannot be read.`, { cause });
  }
}

function describe(keys: readonly SigningKey[], now: number): string {
  const loaded = loadSigningKeys(keys);
  const signing = signingKeyAt(loaded, now);
  const lines = loaded.map(({ kid, algorithm, signsFrom, retiresAt }) => {
    const role = kid === signing?.kid ? 'signs' : signsFrom > now ? `signs from ${instant(signsFrom)}` : 'is accepted';
    return `${kid} ${algorithm} ${role}${retiresAt === Infinity ? '' : `, retires ${instant(retiresAt)}`}\n`;
  });
  return lines.join('');
}

function instant(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
