import type { RunLineageScript } from '@verified-mobile/redis';
import type { ConversionGuard } from '../../domain/limits.ts';
import {
  type CommitResult,
  type OtpStore,
  SEND_WINDOWS,
  type SendDecision,
  type SendReservation,
  type SendWait,
} from '../../domain/otp-store.ts';
import type { Keys } from './keys.ts';
import { otpScript } from './otp-script.ts';
import { texts } from './replies.ts';
import { CANCEL_SEND, COMMIT_SEND, RESERVE_SEND } from './send-scripts.ts';

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

    async commitSend({ subject, account, day, challenge, tid, reference }, now) {
      const keys = [
        keyOf.subject(subject),
        keyOf.answer(subject),
        keyOf.usage(account),
        keyOf.reference(reference),
        keyOf.pending(subject),
      ] as const;
      const args = [String(now), challenge.id, tid, reference?.body ?? '', day];
      return { outcome: String(await run(COMMIT, keys, args)) as CommitResult['outcome'] };
    },

    async cancelSend(reservation, now, isCommitted = false) {
      const { challenge, tid, reference, month, day } = reservation;
      const args = [String(now), tid, reference?.body ?? '', challenge.id, month, isCommitted ? day : ''];
      await run(CANCEL, keyOf.send(reservation), args);
    },
  };
}

function reservationArgs(reservation: SendReservation, now: number): string[] {
  const { challenge, tid, reference, month, limits, quotas, sendsPerMobileAndDay, session } = reservation;
  const { id, codeMac, clientRefId, transactionHash, attemptsAllowed, expiresAt } = challenge;
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
    codeMac,
    clientRefId,
    transactionHash,
    session,
    String(attemptsAllowed),
    String(expiresAt),
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
