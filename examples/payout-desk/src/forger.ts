import { createTestIssuer } from '@verified-mobile/core/testing';
import { SANDBOX_CREDENTIALS, type Sandbox } from '@verified-mobile/issuer/sandbox';
import { CUSTOMER } from './demo.ts';

export interface Forger {
  /** Names the issuer's own key. */
  readonly forged: () => Promise<string>;
  /** Names a key that no service has fetched, as after a rotation. */
  readonly ofUnknownKey: () => string;
}

/** Tokens with all the right claims for the customer, signed by somebody else. */
export function createForger(sandbox: Sandbox, issuerUrl: string): Forger {
  const { clock } = sandbox.guardOptions;
  const stranger = createTestIssuer({ issuer: issuerUrl, audience: SANDBOX_CREDENTIALS.audience, clock });
  const claims = { mobile: CUSTOMER.mobile };
  return {
    async forged() {
      // Of the sandbox itself: over HTTP it may be down.
      const answer = await sandbox.fetch(new Request(`${issuerUrl}/.well-known/jwks.json`));
      const { keys } = (await answer.json()) as { keys: { kid: string }[] };
      return stranger.mint({ header: { kid: keys[0]!.kid }, claims });
    },
    ofUnknownKey: () => stranger.mint({ claims }),
  };
}
