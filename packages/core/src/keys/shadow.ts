import { channel } from 'node:diagnostics_channel';
import { sha256 } from '../lib/digest.ts';
import type { Clock } from '../lib/clock.ts';
import type { UnverifiedToken } from '../token/compact-token.ts';
import { type Authenticity, FORGED, type TokenKeys } from '../token/token-keys.ts';

export type ShadowOpinion = 'valid' | 'invalid' | 'timed-out' | 'unavailable';

/** Remote validation and local keys disagree about a token. On `diagnostics_channel` `verified-mobile:shadow`. */
export interface ShadowEvent {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** What decided. */
  readonly remote: ShadowOpinion;
  /** What the keys in `shadow` say of the signature, and decided nothing. */
  readonly local: ShadowOpinion;
  /** 22 characters that stand for the token: base64url of the first 128 bits of SHA-256 over its header and payload. */
  readonly tokenDigest: string;
}

const DIGEST_BYTES = 16;

const disagreements = channel('verified-mobile:shadow');

/** Asks the shadow beside the remote and reports if they differ. Nothing waits for it, and it never throws. */
export function compareWithShadow(
  shadow: TokenKeys,
  remote: Promise<Authenticity>,
  { token, algorithm, clock }: { token: UnverifiedToken; algorithm: string; clock: Clock },
): void {
  if (!disagreements.hasSubscribers) return;
  const signed = async (): Promise<Authenticity> =>
    shadow.accepts(algorithm) ? shadow.authenticate(token, algorithm) : FORGED;
  const report = (remoteSays: ShadowOpinion, localSays: ShadowOpinion): void => {
    if (remoteSays === localSays) return;
    const tokenDigest = sha256(token.signedText, DIGEST_BYTES);
    disagreements.publish({ at: clock(), remote: remoteSays, local: localSays, tokenDigest } satisfies ShadowEvent);
  };
  void Promise.all([opinionOf(remote), opinionOf(signed())]).then(([first, second]) => report(first, second));
}

const OPINIONS: Readonly<Record<Authenticity['outcome'], ShadowOpinion>> = {
  authentic: 'valid',
  forged: 'invalid',
  expired: 'timed-out',
};

async function opinionOf(authenticity: Promise<Authenticity>): Promise<ShadowOpinion> {
  try {
    return OPINIONS[(await authenticity).outcome];
  } catch {
    return 'unavailable';
  }
}
