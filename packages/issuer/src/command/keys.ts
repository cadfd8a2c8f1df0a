import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { misconfigured } from '../lib/errors.ts';
import { inUseAt, type Rotating } from '../lib/rotation.ts';
import { loadSigningKeys, type SigningAlgorithm, type SigningKey } from '../tokens/signing-keys.ts';
import { readKeys, revokeKey, rotateKeyFile } from './key-file.ts';
import { instant } from './rotation-file.ts';

const USAGE =
  'Usage: verified-mobile-issuer keys rotate <file> [--algorithm ES256|EdDSA|RS256], keys list <file>, or ' +
  'keys revoke <file> <kid>.';

/** `keys rotate <file>`, `keys list <file>` and `keys revoke <file> <kid>`. */
export function runKeys(args: readonly string[]): number {
  const { positionals, values } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { algorithm: { type: 'string', default: 'ES256' } },
  });
  const [action, path, kid] = positionals;
  if (path === undefined) throw misconfigured(USAGE);
  const now = Date.now();
  switch (action) {
    case 'list':
      return say(describeKeys(readKeys(readFile(path), path), now));
    case 'rotate': {
      const keys = rotateKeyFile(path, values.algorithm as SigningAlgorithm, now);
      return say(describeKeys(keys, now), 'Copy the file to every node, then send each SIGHUP.\n');
    }
    case 'revoke': {
      if (kid === undefined) throw misconfigured(USAGE);
      return say(
        describeKeys(revokeKey(path, kid, now), now),
        'Copy the file to every node and send each SIGHUP now: tokens of the revoked key are then refused there.\n' +
          'A guard refuses them when it fetches the key set again (maxAgeSeconds, 10 minutes by default): restart the\n' +
          'guarded services to have it at once.\n',
      );
    }
    case undefined:
    default:
      throw misconfigured(USAGE);
  }
}

export function say(...texts: readonly string[]): number {
  process.stdout.write(texts.join(''));
  return 0;
}

export function readFile(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (cause) {
    throw misconfigured(`${path} cannot be read.`, { cause });
  }
}

/** One line for each: its name, and what it does now and next. */
export function describeRotation<Item extends Rotating>(
  items: readonly Item[],
  now: number,
  nameOf: (item: Item) => string,
  uses: 'signs' | 'is used',
): string {
  const inUse = inUseAt(items, now);
  const lines = items.map((item) => {
    const { from, retiresAt } = item;
    const role = item === inUse ? uses : from > now ? `${uses} from ${instant(from)}` : 'is accepted';
    return `${nameOf(item)} ${role}${retiresAt === Infinity ? '' : `, retires ${instant(retiresAt)}`}\n`;
  });
  return lines.join('');
}

function describeKeys(keys: readonly SigningKey[], now: number): string {
  return describeRotation(loadSigningKeys(keys), now, ({ kid, algorithm }) => `${kid} ${algorithm}`, 'signs');
}
