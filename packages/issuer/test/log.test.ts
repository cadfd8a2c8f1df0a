import { beforeEach, describe, expect, it } from 'vitest';
import { createLog, type IssuerLog } from '../src/command/logger.ts';
import { issuerUnderTest, OTP_URL, START } from './support/issuer-under-test.ts';

interface Line {
  readonly msg: string;
  readonly leftOut?: number;
  readonly event?: { reason: string };
  readonly request?: { status: number; route: string };
}

const clock = { now: START };
let lines: string[];
let log: IssuerLog;
beforeEach(() => {
  clock.now = START;
  lines = [];
  log = createLog('info', 'node-1', () => clock.now, { write: (line) => void lines.push(line) });
});

const logged = (): Line[] => lines.map((line) => JSON.parse(line) as Line);
const leftOut = (): (number | undefined)[] => logged().map((line) => line.leftOut);

describe('the log', () => {
  it('redacts what should never have come to it', () => {
    const secrets = {
      otp: '134021',
      otp_verification_token: 'eyJ',
      accessKey: 'k',
      'secret-key': 'm',
      text: '134021 is',
    };
    log.logger.info(secrets);
    log.logger.info({ message: secrets });
    log.onFault({ during: 'send-sms', error: Object.assign(new Error('134021 refused'), { code: 'ETIMEDOUT' }) });
    expect(lines.join('')).not.toMatch(/134021|eyJ|"k"|"m"/);
    expect(lines[2]).toContain('"error":{"name":"Error","code":"ETIMEDOUT"}');
  });
});

describe('refusals that nobody signed', () => {
  const refuse = (reason: 'forbidden' | 'wrong-environment' = 'forbidden', account?: string): void =>
    log.onEvent({
      kind: 'refusal',
      outcome: 'refused',
      at: START,
      requestId: 'x',
      reason,
      ...(account && { account }),
    });
  const answer = (status: number, route = 'unknown', account?: string): void =>
    log.onRequest({ requestId: 'x', method: 'GET', route, status, durationMs: 1, ...(account && { account }) });

  it('are logged once a second, with how many were left out since', () => {
    for (const now of [0, 0, 999]) {
      clock.now = START + now;
      refuse();
    }
    expect(leftOut()).toEqual([0]);
    clock.now = START + 1000;
    refuse();
    expect(leftOut()).toEqual([0, 2]);
    clock.now = START + 2000;
    refuse();
    expect(leftOut()).toEqual([0, 2, 0]);
  });

  it('are sampled by their reasons: many of one hide none of another', () => {
    for (let count = 0; count < 5; count += 1) refuse('forbidden');
    refuse('wrong-environment');
    expect(logged().map(({ event }) => event?.reason)).toEqual(['forbidden', 'wrong-environment']);
  });

  it('are logged at once after the clock was set back', () => {
    refuse();
    clock.now -= 3_600_000;
    refuse();
    refuse();
    expect(leftOut()).toEqual([0, 0]);
  });

  it('are all logged if they are of an account', () => {
    for (let count = 0; count < 3; count += 1) refuse('forbidden', 'shop');
    expect(leftOut()).toEqual([undefined, undefined, undefined]);
  });

  it('have request lines as rare, by route and status, and requests that were answered have theirs', () => {
    for (let count = 0; count < 3; count += 1) {
      answer(403, '/otp');
      answer(404);
      answer(200, '/health');
      answer(400, '/otp', 'shop');
    }
    clock.now += 1000;
    answer(403, '/otp');
    expect(logged().map(({ request, leftOut: count }) => [request?.status, count])).toEqual([
      [403, 0],
      [404, 0],
      [200, undefined],
      [400, undefined],
      [200, undefined],
      [400, undefined],
      [200, undefined],
      [400, undefined],
      [403, 2],
    ]);
  });

  it('cost two lines a second, however many come', async () => {
    const issuer = issuerUnderTest({ onEvent: log.onEvent, onRequest: log.onRequest });
    for (let count = 0; count < 50; count += 1) await issuer.fetch(new Request(OTP_URL, { method: 'POST' }));
    expect(logged().map(({ msg }) => msg)).toEqual(['refusal refused', 'request']);
  });
});

it('a route that is spared has one line, and one when it is used again', () => {
  for (const state of ['closed', 'open', 'closed', 'closed'] as const)
    log.onDelivery({ kind: 'circuit', route: 'a', state });
  log.onDelivery({ kind: 'queue', length: 3 });
  expect(logged().map(({ msg }) => msg)).toEqual([
    'SMS route spared: it failed several times in a row',
    'SMS route used again',
  ]);
});
