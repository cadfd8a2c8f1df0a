/** The clock of the sandbox, and its beginning anew. */
import { createPublicKey, type JsonWebKey } from 'node:crypto';
import { createGuard, type Guard, publicKey } from '@verified-mobile/core';
import { describe, expect, it } from 'vitest';
import { SANDBOX_CREDENTIALS } from '@verified-mobile/issuer/sandbox';
import { eventsOf } from './support/event-stream.ts';
import { NOW, ORIGIN, sandboxUnderTest, type SandboxUnderTest } from './support/sandbox-under-test.ts';

const MOBILE = '9876543210';

describe('POST /sandbox/clock', () => {
  it('moves the clock forward from where it is, and answers the new time', async () => {
    const sandbox = sandboxUnderTest();
    await advance(sandbox, 1);
    sandbox.clock.now += 500;
    const response = await sandbox.control('/sandbox/clock', { advanceSeconds: 86_400 });
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ now: '2026-05-23T10:29:05.750Z', aheadSeconds: 86_401 });
    expect((await eventsOf(sandbox)).at(-1)).toMatchObject({ event: 'clock', data: { aheadSeconds: 86_401 } });
  });

  it('ends the pause between two sends', async () => {
    const sandbox = sandboxUnderTest();
    await sandbox.send(MOBILE);
    await advance(sandbox, 29);
    expect(await sandbox.sent(MOBILE)).toBe(1);
    await advance(sandbox, 1);
    expect(await sandbox.sent(MOBILE)).toBe(0);
  });

  it('accepts a code 299 s later and refuses it 300 s later, from callers whose own clock stands still', async () => {
    for (const [seconds, status] of [
      [299, 0],
      [300, 1],
    ] as const) {
      const sandbox = sandboxUnderTest();
      await sandbox.send(MOBILE);
      await advance(sandbox, seconds);
      expect((await sandbox.verify(MOBILE)).status).toBe(status);
    }
  });

  it('goes on serving callers that sign by their own clock, days later', async () => {
    const sandbox = sandboxUnderTest();
    await advance(sandbox, 86_400);
    await advance(sandbox, 86_400);
    expect(await decision(await guardOf(sandbox), await sandbox.token(MOBILE))).toBe('passed');
  });

  it('takes the guards of the process along: a token passes 299 s later, and has expired 300 s later', async () => {
    for (const [seconds, outcome] of [
      [299, 'passed'],
      [300, 'otp_token_expired'],
    ] as const) {
      const sandbox = sandboxUnderTest();
      sandbox.clock.now = NOW - (NOW % 1000);
      const guard = await guardOf(sandbox);
      const token = await sandbox.token(MOBILE);
      await advance(sandbox, seconds);
      expect(await decision(guard, token)).toBe(outcome);
    }
  });
});

describe('guardOptions', () => {
  it("share used tokens with the sandbox's Consume Token", async () => {
    const sandbox = sandboxUnderTest();
    const token = await sandbox.token(MOBILE);
    const { initiatorId: initiator_id } = SANDBOX_CREDENTIALS;
    const consume = { initiator_id, otp_verification_token: token };
    const response = await sandbox.call('POST', '/tools/kyc/mobile/otp/consume-token', consume);
    expect(await response.json()).toMatchObject({ status: 0 });
    expect(await decision(await guardOf(sandbox), token)).toBe('otp_token_used');
  });

  it('put the decisions among the events, without the error of a store', async () => {
    const sandbox = sandboxUnderTest();
    const consume = async (): Promise<never> => Promise.reject(Object.assign(new Error('down'), { secret: 'dsn' }));
    const guard = await guardOf(sandbox, { replayStore: { scope: 'process', consume } });
    await decision(guard, await sandbox.token(MOBILE));
    const { event, data } = (await eventsOf(sandbox)).at(-1)!;
    expect([event, data['code'], data['reason'], data['mobile']]).toEqual([
      'decision',
      'guard_unavailable',
      'store-unavailable',
      '+9198******10',
    ]);
    expect(data).not.toHaveProperty('error');
  });
});

describe('POST /sandbox/reset', () => {
  it('puts the clock back, and answers the time', async () => {
    const sandbox = sandboxUnderTest();
    await advance(sandbox, 3600);
    const response = await sandbox.control('/sandbox/reset');
    expect(await response.json()).toEqual({ now: '2026-05-22T10:29:04.250Z', aheadSeconds: 0 });
    expect(sandbox.sandbox.guardOptions.clock()).toBe(NOW);
  });

  it('forgets messages, events, codes and limits', async () => {
    const sandbox = sandboxUnderTest();
    await sandbox.send(MOBILE);
    const otp = (await sandbox.messages())[0]!.text.slice(0, 6);
    await sandbox.control('/sandbox/reset');
    expect(await sandbox.messages()).toEqual([]);
    expect((await eventsOf(sandbox)).map(({ event }) => event)).toEqual(['reset']);
    expect((await sandbox.verify(MOBILE, otp)).status).toBe(1);
    expect(await sandbox.sent(MOBILE)).toBe(0);
  });

  it('leaves used tokens used, also when the clock comes by their time again', async () => {
    const sandbox = sandboxUnderTest();
    const guard = await guardOf(sandbox);
    await advance(sandbox, 600);
    const token = await sandbox.token(MOBILE);
    expect(await decision(guard, token)).toBe('passed');
    await sandbox.control('/sandbox/reset');
    expect(await decision(guard, token)).not.toBe('passed');
    await advance(sandbox, 600);
    expect(await decision(guard, token)).toBe('otp_token_used');
  });

  it('leaves the key, so that guards that know it accept the tokens from after it', async () => {
    const sandbox = sandboxUnderTest();
    const guard = await guardOf(sandbox);
    await sandbox.control('/sandbox/reset');
    expect(await decision(guard, await sandbox.token(MOBILE))).toBe('passed');
  });

  it('lets no message of before arrive after it', async () => {
    const sandbox = sandboxUnderTest();
    await sandbox.send('6000000003');
    await sandbox.control('/sandbox/reset');
    await advance(sandbox, 60);
    expect(await sandbox.messages()).toEqual([]);
    expect((await eventsOf(sandbox)).map(({ event }) => event)).toEqual(['reset', 'clock']);
  });

  it('keeps quiet of what a request does that it overtook', async () => {
    const sandbox = sandboxUnderTest();
    const sending = sandbox.send(MOBILE);
    const resetting = sandbox.control('/sandbox/reset');
    await Promise.all([sending, resetting]);
    expect((await eventsOf(sandbox)).map(({ event }) => event)).toEqual(['reset']);
  });

  it('does not make a sandbox ready that is shutting down', async () => {
    const { sandbox, control } = sandboxUnderTest();
    sandbox.drain();
    await control('/sandbox/reset');
    await expect(sandbox.ready()).rejects.toThrow('shutting down');
  });
});

async function advance(sandbox: SandboxUnderTest, advanceSeconds: number): Promise<void> {
  expect((await sandbox.control('/sandbox/clock', { advanceSeconds })).status).toBe(200);
}

async function guardOf(
  { sandbox, get }: SandboxUnderTest,
  changes: Partial<Parameters<typeof createGuard>[0]> = {},
): Promise<Guard<string>> {
  const { keys } = (await (await get('/.well-known/jwks.json')).json()) as { keys: JsonWebKey[] };
  const key = createPublicKey({ key: keys[0]!, format: 'jwk' });
  return createGuard<string>({
    ...sandbox.guardOptions,
    issuers: { issuer: ORIGIN, audience: SANDBOX_CREDENTIALS.audience, keys: publicKey(key, 'ES256') },
    token: (token) => token,
    ...(changes as object),
  });
}

/** `passed`, or the code of the refusal. */
async function decision(guard: Guard<string>, token: string): Promise<string> {
  const verdict = await guard.decide({ request: token });
  return verdict.outcome === 'refused' ? verdict.refusal.code : verdict.outcome;
}
