/** A thousand messages over a connection that breaks again and again. */
import { ACCEPT, type Answer, lose, refuse, STATUS } from '@verified-mobile/test-support/smsc-script';
import { userDataOf } from '@verified-mobile/test-support/smpp-pdu';
import type { RecordedPdu } from '@verified-mobile/test-support/smsc-recorder';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { send, sms, stage } from './stage.ts';

const MESSAGES = 1_000;

/** Answers some, and loses the connection before the answer, after it and in the middle of it, or takes no more. */
function unreliable(_submit: RecordedPdu, nth: number): Answer {
  if (nth % 97 === 0) return lose('before');
  if (nth % 151 === 0) return lose('midway');
  if (nth % 211 === 0) return lose('after');
  if (nth % 53 === 0) return refuse(STATUS.throttled);
  return ACCEPT;
}

it('none is lost, and none is sent twice but after a refusal', async () => {
  const { smsc, route } = await stage(
    { window: 10, throttlePauseMs: 10, longestThrottlePauseMs: 20 },
    { script: { submit: unreliable } },
  );
  const outcomes = new Map<string, 'accepted' | 'unknown'>();
  const reasons = new Set<string>();
  const deliver = async (code: string): Promise<void> => {
    let result = await send(route, sms(`${code} is the OTP.`));
    while (result.outcome === 'refused') {
      reasons.add(result.reason);
      await delay(Math.min(20, result.retryAfterMs ?? 1));
      result = await send(route, sms(`${code} is the OTP.`));
    }
    outcomes.set(code, result.outcome);
  };
  const codes = Array.from({ length: MESSAGES }, (_, index) => String(100_000 + index));
  await Promise.all(codes.map(deliver));
  expect(outcomes.size).toBe(MESSAGES);

  const answered = (submit: RecordedPdu): number | undefined => smsc.answerTo(submit)?.status;
  const submitsOf = new Map<string, RecordedPdu[]>();
  for (const submit of smsc.submits) {
    const code = userDataOf(submit).text.toString('latin1').slice(0, 6);
    submitsOf.set(code, [...(submitsOf.get(code) ?? []), submit]);
  }
  // The provider refused all but one. What was lost on its way to the provider is unknown as well.
  const statuses = (code: string): readonly (number | undefined)[] =>
    (submitsOf.get(code) ?? []).map(answered).filter((status) => status !== STATUS.throttled);
  const accepted = codes.filter((code) => outcomes.get(code) === 'accepted');
  expect(codes.filter((code) => statuses(code).length > 1)).toEqual([]);
  expect(accepted.filter((code) => statuses(code)[0] !== 0)).toEqual([]);
  expect(accepted.length).toBeGreaterThan(MESSAGES / 2);
  expect([...reasons].toSorted()).toEqual(['throttled', 'unavailable']);
  expect(smsc.connections).toBeGreaterThan(10);
  expect(smsc.mostInFlight).toBeLessThanOrEqual(10);
});
