import type { RunLineageScript } from '@verified-mobile/redis';
import type { ConversionGuard } from '../../domain/limits.ts';
import {
  type OtpStore,
  SEND_WINDOWS,
  type SendDecision,
  type SendReservation,
  type SendWait,
} from '../../domain/otp-store.ts';
import type { Keys } from './keys.ts';
import { otpScript } from './otp-script.ts';
import { texts } from './replies.ts';
import { CANCEL_SEND, COMMIT_SEND, RESERVE_SEND } from './scripts.ts';

const RESERVE = otpScript(RESERVE_SEND);
const COMMIT = otpScript(COMMIT_SEND);
const CANCEL = otpScript(CANCEL_SEND);

export function sendVerbs(
  run: RunLineageScript,
  keyOf: Keys,
): Pick<OtpStore, 'reserveSend' | 'commitSend' | 'cancelSend'> {
  return {
    async reserveSend(reservation, now) {
      const reply = await run(RESERVE, keyOf.send(reservation), reservationArgs(reservation, now));
      return readDecision(texts(reply));
    },

    async commitSend({ subject, session, account, day, id, tid, reference }, challenge, now) {
      const { codeMac, clientRefId, transactionHash, attemptsAllowed, expiresAt } = challenge;
      const keys = [
        keyOf.subject(subject),
        keyOf.answer(subject),
        keyOf.usage(account),
        keyOf.reference(reference),
      ] as const;
      const values = [codeMac, clientRefId, transactionHash, String(attemptsAllowed), String(expiresAt)];
      const args = [String(now), id, tid, reference?.body ?? '', day, ...values, session];
      return { outcome: (await run(COMMIT, keys, args)) === 1 ? 'committed' : 'superseded' };
    },

    async cancelSend(reservation, now) {
      const { id, tid, reference, month } = reservation;
      await run(CANCEL, keyOf.send(reservation), [String(now), tid, reference?.body ?? '', id, month]);
    },
  };
}

function reservationArgs(reservation: SendReservation, now: number): string[] {
  const { id, tid, reference, month, limits, quotas, sendsPerMobileAndDay } = reservation;
  const { account, agent, budgetPerMonth = '' } = quotas;
  return [
    String(now),
    id,
    tid,
    reference?.body ?? '',
    limits.cooldownSeconds.join(','),
    String(limits.sendsPerHour),
    String(limits.sendsPerDay),
    String(sendsPerMobileAndDay),
    String(limits.failuresBeforeStop),
    ...guardArgs(reservation.conversionGuard),
    month,
    String(budgetPerMonth),
    ...SEND_WINDOWS.map(({ quota }) => String(account[quota])),
    ...SEND_WINDOWS.map(({ quota }) => String(agent[quota])),
    ...guardArgs(reservation.accountConversionGuard),
    String(reservation.openSendsPerMobileAndDay),
  ];
}

function guardArgs({ minimumSends, minimumShare, secondsBetweenSends }: ConversionGuard): string[] {
  return [minimumSends, minimumShare, secondsBetweenSends].map(String);
}

function readDecision([outcome, first = '', second = '']: readonly string[]): SendDecision {
  if (outcome === 'reserved' || outcome === 'conflict' || outcome === 'over-budget') return { outcome };
  if (outcome === 'under-way') return { outcome, retryAfterMs: Number(first) };
  if (outcome === 'repeated') return { outcome, tid: first, sentAt: Number(second) };
  return { outcome: 'refused', reason: first as SendWait, retryAfterMs: Number(second) };
}
