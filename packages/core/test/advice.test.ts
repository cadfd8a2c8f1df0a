import diagnosticsChannel from 'node:diagnostics_channel';
import { createGuard, jwks, type DecisionEvent, type GuardOptions, type Presentation } from '@verified-mobile/core';
import { createTestIssuer, isolatedMemoryReplayStore } from '@verified-mobile/core/testing';
import { describe, expect, it, vi } from 'vitest';
import { createAdviser } from '../src/guard/advice.ts';
import type { Decision } from '../src/guard/decide.ts';
import { createReporter } from '../src/guard/report.ts';
import { guardBench, NOW } from './support.ts';

const issuer = createTestIssuer({ clock: () => NOW });
const withToken = (token: string): Partial<Presentation> => ({ header: () => token });

/** What a guard without a hook would print about this request. */
async function adviceAbout(options: GuardOptions, presentation: Partial<Presentation>): Promise<string | undefined> {
  const events: DecisionEvent[] = [];
  const guard = createGuard({
    issuers: issuer.trusted,
    replayStore: isolatedMemoryReplayStore({ clock: () => NOW }),
    clock: () => NOW,
    onDecision: (event) => void events.push(event),
    ...options,
  });
  await guard.decide({ request: {}, ...presentation });
  const warn = vi.fn<(message: string, options: { code: string }) => void>();
  createAdviser(warn)(events[0] as unknown as Decision);
  return warn.mock.calls[0]?.[0];
}

describe('without a hook, a guard says once what to look at if', () => {
  const lost = async () => Promise.reject(new Error('connection lost'));
  it.each<[string, GuardOptions, Partial<Presentation>, RegExp]>([
    [
      'keys cannot be reached',
      { issuers: { ...issuer.trusted, keys: jwks('http://127.0.0.1:1/') } },
      withToken(issuer.mint()),
      /^The keys .*Check VERIFIED_MOBILE_JWKS_URL/,
    ],
    [
      'the store does not answer',
      { replayStore: { scope: 'shared', consume: lost } },
      withToken(issuer.mint()),
      /^The replay store .*Check its server/,
    ],
    ['the issuer is another', {}, withToken(issuer.mint({ claims: { iss: 'x' } })), /Compare VERIFIED_MOBILE_ISSUER/],
    [
      'the audience is another',
      {},
      withToken(issuer.mint({ claims: { aud: 'x' } })),
      /Compare VERIFIED_MOBILE_AUDIENCE/,
    ],
    [
      'dates are in milliseconds',
      {},
      withToken(issuer.mint({ claims: { iat: NOW, exp: NOW + 300_000 } })),
      /^A token is dated in milliseconds\. iat and exp are seconds/,
    ],
    [
      'the body was not parsed',
      {},
      { header: (name) => (name === 'content-type' ? 'application/json; charset=utf-8' : undefined) },
      /Mount the body parser before the guard/,
    ],
    [
      'no customer is known yet',
      { expectMobile: () => undefined },
      withToken(issuer.mint()),
      /Mount the guard after the middleware that authenticates/,
    ],
  ])('%s', async (_what, options, presentation, advice) => {
    expect(await adviceAbout(options, presentation)).toMatch(advice);
  });

  it('a request meets a second guard, which is told from a replay', async () => {
    const { guard, events } = guardBench({ issuers: issuer.trusted });
    const token = issuer.mint();
    const request = {};
    for (const presented of [request, request, {}]) await guard.decide({ request: presented, ...withToken(token) });
    expect(events.map(({ code, reason }) => [code, reason])).toEqual([
      [undefined, undefined],
      ['otp_token_used', 'second-guard'],
      ['otp_token_used', 'used'],
    ]);
    const warn = vi.fn<(message: string) => void>();
    createAdviser(warn)(events[1] as unknown as Decision);
    expect(warn.mock.calls[0]?.[0]).toContain('Mount requireVerifiedMobile() once on each route');
  });
});

describe('what a guard says', () => {
  const refused = (reason: string): Decision => ({ outcome: 'refused', code: 'otp_token_invalid', reason }) as Decision;

  it('is said once for each reason, under a code of its own, and not about what callers do every day', () => {
    const warn = vi.fn<(message: string, options: { code: string }) => void>();
    const advise = createAdviser(warn);
    for (const reason of ['issuer', 'issuer', 'audience', 'signature', 'used', 'expired', 'no-token']) {
      advise(refused(reason));
    }
    advise({ outcome: 'not-guarded' });
    expect(warn.mock.calls.map(([, { code }]) => code)).toEqual(['VERIFIED_MOBILE_ISSUER', 'VERIFIED_MOBILE_AUDIENCE']);
  });

  it('is left to the hook, or to who listens on the channel, once there is one', () => {
    const advise = vi.fn<(decision: Decision) => void>();
    const clock = () => NOW;
    createReporter({ onDecision: () => undefined, clock }, advise)(refused('issuer'), 0);
    const listen = (): void => {};
    diagnosticsChannel.subscribe('verified-mobile:decision', listen);
    createReporter({ onDecision: undefined, clock }, advise)(refused('issuer'), 0);
    diagnosticsChannel.unsubscribe('verified-mobile:decision', listen);
    expect(advise).not.toHaveBeenCalled();
    createReporter({ onDecision: undefined, clock }, advise)(refused('issuer'), 0);
    expect(advise).toHaveBeenCalledTimes(1);
  });
});
