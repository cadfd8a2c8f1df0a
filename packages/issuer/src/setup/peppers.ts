import { IssuerError, misconfigured } from '../lib/errors.ts';
import { acceptedAt, inUseAt, type Rotating } from '../lib/rotation.ts';
import { isSecret, SHORTEST_SECRET_BYTES } from '../lib/secrets.ts';

/** A pepper with its place in a rotation. Instants in milliseconds since the epoch. */
export interface Pepper {
  /** At least 32 random bytes. */
  readonly secret: Uint8Array;
  /** Accepted at once, used for new codes from then on: by then every node knows it. Default: always. */
  readonly usedFrom?: number;
  /** Not accepted from then on. Leave it more than ten minutes after the next pepper's `usedFrom`. Default: never. */
  readonly retiresAt?: number;
}

export interface LoadedPepper extends Rotating {
  readonly secret: Uint8Array;
}

/** Copies: a caller that wipes its own must not change the codes under way. */
export function loadPeppers(given: unknown): readonly LoadedPepper[] {
  const isFit = Array.isArray(given) && (given.length === 1 || given.length === 2);
  const peppers = isFit ? given.map(loadPepper) : [];
  if (isFit && !peppers.includes(undefined)) return peppers as LoadedPepper[];
  throw misconfigured(
    `peppers must hold one or two secrets of at least ${SHORTEST_SECRET_BYTES} random bytes (Buffer or Uint8Array), or ` +
      '{ secret, usedFrom, retiresAt }. Make one with randomBytes(32) of node:crypto and keep it apart from the store.',
  );
}

/** Those that codes are compared under, the one for new codes first. */
export function peppersAt(peppers: readonly LoadedPepper[], now: number): readonly Uint8Array[] {
  const inUse = inUseAt(peppers, now);
  // Under no pepper a code in the store could be tried out by anybody who reads it.
  if (inUse === undefined) throw new IssuerError('invalid_configuration', 'No pepper is in force.');
  const others = acceptedAt(peppers, now).filter((pepper) => pepper !== inUse);
  return [inUse, ...others].map(({ secret }) => secret);
}

function loadPepper(given: unknown): LoadedPepper | undefined {
  const {
    secret,
    usedFrom = Number.NEGATIVE_INFINITY,
    retiresAt = Infinity,
  }: Partial<Pepper> = given instanceof Uint8Array ? { secret: given } : (given ?? {});
  if (!isSecret(secret) || typeof usedFrom !== 'number' || typeof retiresAt !== 'number') return undefined;
  if (!(usedFrom < retiresAt)) {
    throw misconfigured('peppers: usedFrom must be an instant before retiresAt, in milliseconds since the epoch.');
  }
  return { secret: Uint8Array.from(secret), from: usedFrom, retiresAt };
}
