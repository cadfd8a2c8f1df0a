import { readFileSync } from 'node:fs';
import { type Proof, transactionHash } from '@verified-mobile/core';
import { createTestIssuer, isolatedMemoryReplayStore } from '@verified-mobile/core/testing';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createConsumer, type PayoutMessage } from './fixtures/payout-consumer.ts';

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');

const issuer = createTestIssuer({ algorithm: 'HS256' });
beforeEach(() => {
  vi.stubEnv('VERIFIED_MOBILE_ISSUER', issuer.issuer);
  vi.stubEnv('VERIFIED_MOBILE_AUDIENCE', issuer.audience);
  vi.stubEnv('VERIFIED_MOBILE_SECRET', Buffer.from(issuer.jwk.k!, 'base64url').toString('base64'));
});
afterEach(() => void vi.unstubAllEnvs());

const TRANSACTION = { amount: 2500, payee: '026291800001191' };

function newMessage(changes: Partial<PayoutMessage> = {}): PayoutMessage {
  const otpVerificationToken = issuer.mint({ claims: { transaction_data_hashes: [transactionHash(TRANSACTION)] } });
  return { id: 'm1', otpVerificationToken, customerMobile: '9002336768', ...TRANSACTION, ...changes };
}

it('is what the page shows, to the letter', () => {
  expect(read('../docs/queues.md')).toContain(`\n\`\`\`ts\n${read('fixtures/payout-consumer.ts')}\`\`\`\n`);
});

it('lets a message through once, and its second delivery as a retry', async () => {
  const paid: Proof[] = [];
  const consume = await createConsumer(isolatedMemoryReplayStore(), async (proof) => void paid.push(proof));
  const message = newMessage();
  expect(await consume(message)).toBe('done');
  expect(await consume({ ...message })).toBe('done');
  expect(paid.map(({ retry }) => retry)).toEqual([false, true]);
});

it.each<[string, Partial<PayoutMessage>]>([
  ['another amount', { amount: 2501 }],
  ["another customer's proof", { customerMobile: '9876543210' }],
  ['no token', { otpVerificationToken: '' }],
])('sends a message with %s to the dead, and does not pay', async (_what, changes) => {
  const pay = vi.fn<() => Promise<void>>();
  const consume = await createConsumer(isolatedMemoryReplayStore(), pay);
  expect(await consume(newMessage(changes))).toBe('dead');
  expect(pay).not.toHaveBeenCalled();
});

it('sends the token of one message in another to the dead', async () => {
  const consume = await createConsumer(isolatedMemoryReplayStore(), async () => undefined);
  const message = newMessage();
  await consume(message);
  expect(await consume({ ...message, id: 'm2' })).toBe('dead');
});

it('has a message delivered later while the store is down', async () => {
  const down = async () => Promise.reject(new Error('connection lost'));
  const consume = await createConsumer({ scope: 'shared', consume: down }, async () => undefined);
  expect(await consume(newMessage())).toBe('later');
});
