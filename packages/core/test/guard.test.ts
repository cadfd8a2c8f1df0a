import { randomFill } from 'node:crypto';
import diagnosticsChannel from 'node:diagnostics_channel';
import { type ConsumeResult, createGuard, type ReplayStore, type TokenKeys } from '@verified-mobile/core';
import { createTestIssuer, isolatedMemoryReplayStore } from '@verified-mobile/core/testing';
import { standStill } from '@verified-mobile/test-support/stand-still';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { guardBench, NOW } from './support.ts';

const storeThat = (consume: ReplayStore['consume']): ReplayStore => ({ scope: 'shared', consume });

describe('the order of work', () => {
  it('asks the store only for a token that everything else holds for', async () => {
    const consume = vi.fn<ReplayStore['consume']>().mockResolvedValue({ outcome: 'first-use' });
    const { present, issuer } = guardBench({ replayStore: storeThat(consume), expectMobile: () => '9002336768' });
    const stranger = createTestIssuer({ clock: () => NOW });
    await present(stranger.mint());
    await present(issuer.mint({ claims: { iat: 1, exp: 2 } }));
    await present(issuer.mint({ claims: { mobile: '9876543210' } }));
    expect(consume).not.toHaveBeenCalled();
    await present(issuer.mint());
    expect(consume).toHaveBeenCalledTimes(1);
  });

  it('tells an expired or foreign token before it looks at a signature', async () => {
    const authenticate = vi.fn<TokenKeys['authenticate']>().mockResolvedValue({ outcome: 'authentic' });
    const keys = { accepts: () => true, authenticate };
    const { present, issuer } = guardBench({ issuers: { issuer: 'https://otp.test', audience: 'payouts', keys } });
    expect(await present(issuer.mint({ claims: { iat: NOW / 1000 - 306, exp: NOW / 1000 - 6 } }))).toBe(
      'otp_token_expired',
    );
    expect(await present(issuer.mint({ claims: { iss: 'https://elsewhere.test' } }))).toBe('otp_token_invalid');
    expect(authenticate).not.toHaveBeenCalled();
  });

  it('looks at the time again after the keys were fetched', async () => {
    const time = { now: NOW };
    const keys = {
      accepts: () => true,
      authenticate: async () => {
        time.now += 310_000;
        return { outcome: 'authentic' as const };
      },
    };
    const { present, issuer } = guardBench(
      { issuers: { issuer: 'https://otp.test', audience: 'payouts', keys } },
      {},
      time,
    );
    expect(await present(issuer.mint())).toBe('otp_token_expired');
  });

  it("looks at the time once more after the application's functions, immediately before it consumes", async () => {
    const time = { now: NOW };
    const consume = vi.fn<ReplayStore['consume']>().mockResolvedValue({ outcome: 'first-use' });
    const transaction = async () => Promise.resolve((time.now += delay));
    let delay = 304_999;
    const { issuer } = guardBench({}, {}, time);
    const issuers = { ...issuer.trusted, bindsTransactions: false };
    const { present } = guardBench({ issuers, transaction, replayStore: storeThat(consume) }, {}, time);
    expect(await present(issuer.mint())).toBe('passed');
    delay = 305_000;
    expect(await present(issuer.mint())).toBe('otp_token_expired');
    expect(consume).toHaveBeenCalledTimes(1);
  });

  it('gives the store an id that does not depend on the spelling, and a time after the last acceptance anywhere', async () => {
    const consume = vi.fn<ReplayStore['consume']>().mockResolvedValue({ outcome: 'first-use' });
    const { present, issuer } = guardBench({ replayStore: storeThat(consume) });
    await present(issuer.mint({ claims: { jti: 'one' } }));
    await present(issuer.mint({ claims: { jti: 'one', mobile: '+91 90023 36768' } }));
    const [first, second] = consume.mock.calls.map(([use]) => use);
    expect(first).toMatchObject({ issuedAt: NOW, expiresAt: NOW + 420_000 });
    expect(first?.id).toMatch(/^[\w-]{22}$/);
    expect(second?.id).toBe(first?.id);
    expect(Buffer.byteLength(first!.operation)).toBeLessThanOrEqual(16);
    expect(second?.operation).not.toBe(first?.operation);
  });
});

describe('a store', () => {
  it.each<[string, ReplayStore['consume']]>([
    ['that rejects', async () => Promise.reject(new Error('connection lost'))],
    [
      'that throws',
      () => {
        throw new Error('closed');
      },
    ],
    ['that never answers', async () => new Promise(() => undefined)],
    ['that answers nothing', async () => Promise.resolve(undefined as unknown as ConsumeResult)],
    ['that answers nonsense', async () => Promise.resolve({ outcome: 'OK' } as unknown as ConsumeResult)],
    ['that answers true', async () => Promise.resolve(true as unknown as ConsumeResult)],
  ])('%s lets nothing pass, and is not called a replay', async (_what, consume) => {
    const { present, issuer, events } = guardBench({ replayStore: storeThat(consume), storeTimeoutMs: 20 });
    expect(await present(issuer.mint())).toBe('guard_unavailable');
    expect(events[0]).toMatchObject({ reason: 'store-unavailable', error: { code: 'unavailable' } });
  });

  it('is told to stop when its time is over, and not before', async () => {
    let signal: AbortSignal | undefined;
    const consume = vi.fn<ReplayStore['consume']>(async (_use, options) => {
      ({ signal } = options);
      expect(signal.aborted).toBe(false);
      return new Promise(() => undefined);
    });
    const { present, issuer } = guardBench({ replayStore: storeThat(consume), storeTimeoutMs: 20 });
    await present(issuer.mint());
    expect(signal?.aborted).toBe(true);
  });

  it('is not late because this process stood still while its answer came', async () => {
    const consume = async (): Promise<ConsumeResult> =>
      new Promise((resolve) => {
        setImmediate(() => {
          randomFill(Buffer.alloc(16), () => {
            resolve({ outcome: 'first-use' });
          });
          standStill(100);
        });
      });
    const { present, issuer } = guardBench({ replayStore: storeThat(consume), storeTimeoutMs: 20 });
    expect(await present(issuer.mint())).toBe('passed');
  });

  it('that cannot vouch for the token makes it expired, not used', async () => {
    const { present, issuer, events } = guardBench({
      replayStore: storeThat(async () => Promise.resolve({ outcome: 'fenced' })),
    });
    expect(await present(issuer.mint())).toBe('otp_token_expired');
    expect(events[0]).toMatchObject({ reason: 'fenced' });
  });

  it('is awaited by ready()', async () => {
    const { trusted } = createTestIssuer();
    const ready = vi.fn<() => Promise<void>>().mockRejectedValue(new Error('evicting policy'));
    const guard = createGuard({ issuers: trusted, replayStore: { ...storeThat(vi.fn()), ready } });
    await expect(guard.ready()).rejects.toThrow('evicting policy');
  });
});

describe('the keys of every issuer', () => {
  it('are awaited by ready(), if they have something to wait for', async () => {
    const [one, other] = [createTestIssuer({ issuer: 'https://one.test' }), createTestIssuer()];
    const ready = vi.fn<() => Promise<void>>().mockResolvedValueOnce().mockRejectedValue(new Error('no such host'));
    const guard = createGuard({
      issuers: [one.trusted, { ...other.trusted, keys: { ...other.trusted.keys, ready } }],
      replayStore: storeThat(vi.fn()),
    });
    await expect(guard.ready()).resolves.toBeUndefined();
    await expect(guard.ready()).rejects.toThrow('no such host');
  });
});

describe('token sources', () => {
  const decide = async (options: object, presentation: object): Promise<string> => {
    const { guard, issuer } = guardBench(options);
    const token = issuer.mint();
    const filled = JSON.parse(JSON.stringify(presentation).replaceAll('TOKEN', token)) as {
      headers?: Record<string, string | string[]>;
      body?: unknown;
    };
    const verdict = await guard.decide({
      request: filled,
      header: (name) => filled.headers?.[name],
      body: filled.body,
    });
    return verdict.outcome === 'refused' ? verdict.refusal.code : verdict.outcome;
  };
  const header = 'otp-verification-token';

  it.each<[string, object, string]>([
    ['the header', { headers: { [header]: 'TOKEN' } }, 'passed'],
    ['the body field', { body: { otp_verification_token: 'TOKEN' } }, 'passed'],
    ['both alike', { headers: { [header]: 'TOKEN' }, body: { otp_verification_token: 'TOKEN' } }, 'passed'],
    ['both, unlike', { headers: { [header]: 'TOKEN' }, body: { otp_verification_token: 'x' } }, 'otp_token_ambiguous'],
    [
      'the header and a number',
      { headers: { [header]: 'TOKEN' }, body: { otp_verification_token: 5 } },
      'otp_token_ambiguous',
    ],
    [
      'the header, null in the body',
      { headers: { [header]: 'TOKEN' }, body: { otp_verification_token: null } },
      'passed',
    ],
    ['a list of headers', { headers: { [header]: ['TOKEN', 'TOKEN'] } }, 'otp_token_ambiguous'],
    ['a joined header', { headers: { [header]: 'TOKEN,TOKEN' } }, 'otp_token_ambiguous'],
    ['an empty header', { headers: { [header]: '' } }, 'otp_token_missing'],
    ['a list in the body', { body: { otp_verification_token: ['TOKEN'] } }, 'otp_token_invalid'],
    ['a body that is a list', { body: ['TOKEN'] }, 'otp_token_missing'],
    ['a body that is text', { body: 'TOKEN' }, 'otp_token_missing'],
    ['no body', {}, 'otp_token_missing'],
    [
      'a field inherited from a prototype',
      { body: { __proto__: { otp_verification_token: 'TOKEN' } } },
      'otp_token_missing',
    ],
  ])('%s', async (_what, presentation, outcome) => {
    expect(await decide({}, presentation)).toBe(outcome);
  });

  it('may look up a token and answer later', async () => {
    const { guard, issuer } = guardBench({ token: async () => Promise.resolve(issuer.mint()) });
    expect(await guard.decide({ request: {} })).toMatchObject({ outcome: 'passed' });
    const failing = guardBench({ token: async () => Promise.reject(new Error('no session')) });
    await expect(failing.guard.decide({ request: {} })).rejects.toThrow('no session');
  });

  it('are those of the options, in any case of letters', async () => {
    const options = { token: [{ header: 'X-Proof' }, { bodyField: 'proof' }] };
    expect(await decide(options, { headers: { 'x-proof': 'TOKEN' } })).toBe('passed');
    expect(await decide(options, { body: { proof: 'TOKEN' } })).toBe('passed');
    expect(await decide(options, { headers: { [header]: 'TOKEN' } })).toBe('otp_token_missing');
  });

  it('may be a function of the request', async () => {
    const { guard, issuer } = guardBench({ token: (message) => (message as { proof: string }).proof });
    expect(await guard.decide({ request: { proof: issuer.mint() } })).toMatchObject({ outcome: 'passed' });
  });
});

describe('observation', () => {
  afterEach(() => void vi.restoreAllMocks());

  it('reports a passed request with its mobile masked', async () => {
    const { present, issuer, events } = guardBench();
    await present(issuer.mint());
    expect(events).toEqual([
      {
        outcome: 'passed',
        at: NOW,
        durationMs: expect.any(Number) as number,
        issuer: 'https://otp.test',
        mobile: '+9190******68',
        proofId: expect.stringMatching(/^[\w-]{22}$/) as string,
        retry: false,
        firstUsedAt: NOW,
        operation: expect.stringMatching(/^[\w-]{16}$/) as string,
      },
    ]);
  });

  it('says of a replay when and by which operation the token was first used', async () => {
    const { present, issuer, events, time } = guardBench();
    const token = issuer.mint();
    await present(token);
    time.now += 90_000;
    await present(token);
    expect(events[1]).toMatchObject({ outcome: 'refused', code: 'otp_token_used', firstUsedAt: NOW, at: NOW + 90_000 });
    expect(events[1]?.firstOperation).toBe(events[0]?.operation);
    expect(events[1]?.operation).not.toBe(events[0]?.operation);
  });

  it('never shows a token, a whole mobile, or a claim that was not believed', async () => {
    const { present, issuer, events } = guardBench();
    const tokens = [issuer.mint(), issuer.mint({ claims: { aud: 'LEAK' } }), `${issuer.mint()}LEAK`];
    for (const token of tokens) await present(token);
    const told = JSON.stringify(events);
    for (const secret of [...tokens, '9002336768', 'LEAK']) expect(told).not.toContain(secret);
  });

  it('publishes the same events on a diagnostics channel', async () => {
    const published: unknown[] = [];
    const subscriber = (event: unknown): void => void published.push(event);
    diagnosticsChannel.subscribe('verified-mobile:decision', subscriber);
    const { present, issuer, events } = guardBench();
    await present(issuer.mint());
    diagnosticsChannel.unsubscribe('verified-mobile:decision', subscriber);
    expect(published).toEqual(events);
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('LEAK');
      },
    ],
    ['rejects', async () => Promise.reject(new Error('LEAK'))],
  ])('survives a hook that %s, warns once and changes no decision', async (_what, onDecision) => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    const { present, issuer } = guardBench({ onDecision });
    const token = issuer.mint();
    expect(await present(token)).toBe('passed');
    expect(await present(token)).toBe('otp_token_used');
    expect(warn).toHaveBeenCalledTimes(1);
    expect(JSON.stringify(warn.mock.calls)).not.toContain('LEAK');
  });
});

it('lets a queue consumer decide without any HTTP', async () => {
  const issuer = createTestIssuer();
  const guard = createGuard<{ proof?: string }>({
    issuers: issuer.trusted,
    replayStore: isolatedMemoryReplayStore(),
    token: ({ proof }) => proof,
  });
  const message = { proof: issuer.mint() };
  expect(await guard.decide({ request: message })).toMatchObject({
    outcome: 'passed',
    proof: { mobile: '+919002336768' },
  });
  expect(await guard.decide({ request: message })).toMatchObject({
    outcome: 'refused',
    refusal: { code: 'otp_token_used' },
  });
  expect(await guard.decide({ request: {} })).toMatchObject({
    outcome: 'refused',
    refusal: { code: 'otp_token_missing' },
  });
});
