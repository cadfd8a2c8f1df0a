import { createGuard, type DecisionEvent, validateToken } from '@verified-mobile/core';
import { createTestIssuer, isolatedMemoryReplayStore } from '@verified-mobile/core/testing';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createSystemClock, monotonicClock } from '../src/lib/clock.ts';
import { NOW } from './support.ts';

const HOUR_MS = 3_600_000;

describe('the system clock', () => {
  function bench() {
    const time = { wall: NOW, monotonic: 5_000 };
    const clock = createSystemClock({ wall: () => time.wall, monotonic: () => time.monotonic });
    clock();
    const pass = (ms: number): void => {
      time.wall += ms;
      time.monotonic += ms;
    };
    return { time, clock, pass };
  }

  it.each([30_000, -30_000])('bears a step of %d ms', (step) => {
    const { time, clock } = bench();
    time.wall += step;
    expect(clock()).toBe(time.wall);
  });

  it.each([30_001, -30_001])('is in doubt after a step of %d ms', (step) => {
    const { time, clock } = bench();
    time.wall += step;
    expect(clock).toThrow('The clock of this machine was set 30 s');
  });

  it('follows a clock that is slewed, however far', () => {
    const { time, clock, pass } = bench();
    for (let minute = 0; minute < 60; minute += 1) {
      pass(60_000);
      time.wall += 30_000;
      expect(clock()).toBe(time.wall);
    }
  });

  it('is in doubt for one wrong reading, and not after it', () => {
    const { time, clock, pass } = bench();
    time.wall += HOUR_MS;
    expect(clock).toThrow('was set 3600 s ahead.');
    time.wall -= HOUR_MS;
    pass(1);
    expect(clock()).toBe(NOW + 1);
    pass(10_000);
    time.wall += HOUR_MS;
    expect(clock).toThrow('was set 3600 s ahead.');
  });

  it.each([HOUR_MS, -HOUR_MS])('believes a step of %d ms when it has stood for ten seconds', (step) => {
    const { time, clock, pass } = bench();
    time.wall += step;
    expect(clock).toThrow(expect.objectContaining({ code: 'unavailable', retryAfterSeconds: 10 }) as Error);
    pass(9_999);
    expect(clock).toThrow(expect.objectContaining({ retryAfterSeconds: 0.001 }) as Error);
    pass(1);
    expect(clock()).toBe(NOW + step + 10_000);
    pass(1);
    expect(clock()).toBe(NOW + step + 10_001);
  });

  it('counts the ten seconds anew for each step', () => {
    const { time, clock, pass } = bench();
    time.wall += HOUR_MS;
    expect(clock).toThrow('The clock of this machine was set');
    pass(9_000);
    time.wall += HOUR_MS;
    expect(clock).toThrow(expect.objectContaining({ retryAfterSeconds: 10 }) as Error);
    pass(9_999);
    expect(clock).toThrow('The clock of this machine was set');
    pass(1);
    expect(clock()).toBe(time.wall);
  });
});

it('has a clock that nobody can set, near the time of day', () => {
  const wall = vi.spyOn(Date, 'now').mockReturnValue(0);
  const first = monotonicClock();
  wall.mockRestore();
  expect(first).toBeGreaterThan(NOW);
  expect(monotonicClock()).toBeGreaterThanOrEqual(first);
});

describe('a guard whose clock was set', () => {
  afterEach(() => void vi.restoreAllMocks());

  function bench() {
    const issuer = createTestIssuer();
    const events: DecisionEvent[] = [];
    const onDecision = (event: DecisionEvent): void => void events.push(event);
    const guard = createGuard({ issuers: issuer.trusted, replayStore: isolatedMemoryReplayStore(), onDecision });
    const answer = async (token: string): Promise<string> => {
      const verdict = await guard.decide({ request: {}, header: () => token });
      return verdict.outcome === 'refused' ? verdict.refusal.code : verdict.outcome;
    };
    return { issuer, events, answer };
  }

  it.each([HOUR_MS, -HOUR_MS])(
    'by %d ms answers 503 with an event, and passes the same token when it is back',
    async (step) => {
      const { issuer, events, answer } = bench();
      const token = issuer.mint();
      expect(await answer(issuer.mint())).toBe('passed');
      const now = Date.now();
      vi.spyOn(Date, 'now').mockReturnValue(now + step);
      expect(await answer(token)).toBe('guard_unavailable');
      expect(events.at(-1)).toMatchObject({ reason: 'clock-in-doubt', at: now + step, error: { code: 'unavailable' } });
      const validation = validateToken(token, issuer.trusted);
      await expect(validation).rejects.toMatchObject({ code: 'unavailable', message: 'The time is in doubt.' });
      vi.restoreAllMocks();
      expect(await answer(token)).toBe('passed');
      expect(await answer(token)).toBe('otp_token_used');
    },
  );

  it('while the application looked something up answers 503, too', async () => {
    const issuer = createTestIssuer();
    const expectMobile = (): string => {
      const now = Date.now();
      vi.spyOn(Date, 'now').mockReturnValue(now + HOUR_MS);
      return '9002336768';
    };
    const guard = createGuard({ issuers: issuer.trusted, replayStore: isolatedMemoryReplayStore(), expectMobile });
    const verdict = await guard.decide({ request: {}, header: () => issuer.mint() });
    expect(verdict).toMatchObject({ refusal: { code: 'guard_unavailable', headers: { 'Retry-After': '10' } } });
  });
});
