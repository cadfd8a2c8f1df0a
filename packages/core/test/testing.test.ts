import { createTestIssuer, isolatedMemoryReplayStore } from '@verified-mobile/core/testing';
import { expect, it } from 'vitest';
import { guardBench } from './support.ts';

it.each(['otp_token_invalid', 'otp_token_expired', 'mobile_mismatch', 'transaction_mismatch'] as const)(
  'mints a token that is refused with %s',
  async (code) => {
    const { present, issuer } = guardBench({ expectMobile: () => '9002336768' });
    expect(await present(issuer.mintRefused(code))).toBe(code);
  },
);

it('makes issuers and stores that know nothing of one another', async () => {
  const token = createTestIssuer().mint();
  expect(await guardBench().present(token)).toBe('otp_token_invalid');
  const use = { id: 'x'.repeat(22), operation: 'a', issuedAt: Date.now(), expiresAt: Date.now() + 60_000 };
  const { signal } = new AbortController();
  for (const store of [isolatedMemoryReplayStore(), isolatedMemoryReplayStore()]) {
    expect(await store.consume(use, { signal })).toMatchObject({ outcome: 'first-use' });
  }
});
