import { randomBytes, randomInt } from 'node:crypto';
import {
  type Challenge,
  CODE_LIFETIME_MS,
  codeMacFor,
  digest,
  sessionKey,
  shortDigest,
  subjectKey,
} from './challenge.ts';
import type { EventReason, RecordedEvent } from './events.ts';
import type { ConversionGuard, Limits } from './limits.ts';
import { type CodeDigits, generateCode, hashOf, type Transaction } from './otp-code.ts';
import type { CommitResult, SendDecision, SendReservation, SendWait } from './otp-store.ts';
import type { Delivered, Ports } from './ports.ts';
import type { Quotas } from './quotas.ts';
import { refuseText, type UnfitField } from './refuse-text.ts';
import type { SmsMessage } from './sms-message.ts';
import { billingDay, billingMonth } from './usage.ts';
import { prefixOf } from './wire-values.ts';

export interface SendOtp {
  readonly account: string;
  /** E.164. */
  readonly mobile: string;
  /** On whose behalf. */
  readonly cspId: string;
  /** The caller's own. Without one it is generated, and the send cannot be repeated. */
  readonly clientRefId: string | undefined;
  /** What the caller's app knows this customer's session by: no other one can verify the code. */
  readonly sessionId: string | undefined;
  readonly transaction: Transaction | undefined;
  /** Of the SMS, BCP 47; `undefined` for the account's own. */
  readonly language: string | undefined;
  readonly codeDigits: CodeDigits;
  readonly limits: Limits;
  readonly quotas: Quotas;
  readonly sendsPerMobileAndDay: number;
  readonly openSendsPerMobileAndDay: number;
  readonly conversionGuard: ConversionGuard;
  readonly accountConversionGuard: ConversionGuard;
}

export type SendOtpResult =
  /** `expiresAt` in milliseconds since the epoch. */
  | { readonly outcome: 'sent'; readonly expiresAt: number; readonly tid: string; readonly clientRefId: string }
  | { readonly outcome: 'sms-refused' | 'reference-conflict' | 'over-budget' }
  | UnfitField
  | { readonly outcome: 'under-way'; readonly retryAfterMs: number }
  | { readonly outcome: 'wait'; readonly reason: SendWait; readonly retryAfterMs: number };

/** How long a repeated request waits for the first one to end. */
const PATIENCE_MS = 5_000;
const PAUSE_MS = 50;
const SLOWED: ReadonlySet<EventReason> = new Set(['conversion', 'account-conversion']);

/**
 * Sends a new code, if every limit allows it. It is right from before the provider is asked, for the SMS may arrive before
 * the answer; when the provider has accepted it, it is the only one that this mobile can be verified with.
 */
export async function sendOtp(request: SendOtp, ports: Ports): Promise<SendOtpResult> {
  const now = ports.clock();
  const transactionHash = hashOf(request.transaction);
  const clientRefId = request.clientRefId ?? String(randomInt(1e11, 1e12));
  const code = generateCode(request.codeDigits);
  const challenge = newChallenge({ clientRefId, transactionHash, code, now }, request, ports);
  const reservation = newReservation(request, challenge, now, ports.tid);
  const about = { ...aboutSend(request, clientRefId, ports), challengeId: challenge.id };

  // First of all: what operators would drop must cost neither a send nor a pause.
  const { account, mobile, transaction, language } = request;
  const composition = ports.composeSms({ account, mobile, code, challenge, transaction, language });
  if (composition.outcome !== 'composed') return refuseText(composition, about, ports);

  // Counted before the SMS, or any number of requests could pass the limits together.
  const decision = await reserve(reservation, now, ports);
  if (decision.outcome === 'repeated') {
    ports.record({ kind: 'send', outcome: 'accepted', reason: 'repeated', ...about, tid: decision.tid });
    return { outcome: 'sent', expiresAt: decision.sentAt + CODE_LIFETIME_MS, tid: decision.tid, clientRefId };
  }
  if (decision.outcome !== 'reserved') return refuse(decision, about, ports);

  let delivered: Delivered = { outcome: 'refused', reason: 'sms-refused' };
  try {
    delivered = await deliverSms(composition.message, { reservation, about }, ports);
  } finally {
    if (delivered.outcome === 'refused') await ports.store.cancelSend(reservation, now);
  }
  if (delivered.outcome === 'refused') return { outcome: 'sms-refused' };

  // After the SMS: one that was not accepted must not kill the code the customer already has.
  const committing = 'committing' in delivered ? delivered.committing : ports.store.commitSend(reservation, now);
  const said = { ...handedOver(delivered, (await committing).outcome), ...bound(transactionHash) };
  ports.record({ kind: 'send', outcome: 'accepted', ...about, ...said });
  return { outcome: 'sent', expiresAt: challenge.expiresAt, tid: reservation.tid, clientRefId };
}

function newReservation(request: SendOtp, challenge: Challenge, now: number, tid: string): SendReservation {
  const { account, mobile, cspId, clientRefId } = request;
  const { limits, quotas, sendsPerMobileAndDay, openSendsPerMobileAndDay } = request;
  const { conversionGuard, accountConversionGuard } = request;
  const [subject, day] = [subjectKey(request), billingDay(now)];
  const session = sessionKey(subject, request.sessionId);
  const language = request.language === undefined ? [] : [request.language];
  const body = shortDigest('body', mobile, cspId, challenge.transactionHash, session, ...language);
  return {
    subject,
    session,
    mobile: digest('mobile', mobile),
    prefix: digest('prefix', account, prefixOf(mobile)),
    account,
    agent: digest('agent', account, cspId),
    day,
    month: billingMonth(day),
    challenge,
    tid,
    reference: clientRefId === undefined ? undefined : { key: digest('reference', account, clientRefId), body },
    limits,
    quotas,
    sendsPerMobileAndDay,
    openSendsPerMobileAndDay,
    conversionGuard,
    accountConversionGuard,
  };
}

function aboutSend({ mobile, cspId }: SendOtp, clientRefId: string, { pseudonyms }: Ports): Partial<RecordedEvent> {
  const reference = pseudonyms.inReference(clientRefId, mobile);
  return { ...pseudonyms.ofMobile(mobile), ...pseudonyms.ofAgent(cspId), clientRefId: reference };
}

/** Rejects only if the line that must precede the SMS could not be written, or the SMS not be kept. */
async function deliverSms(
  message: SmsMessage,
  send: { reservation: SendReservation; about: Partial<RecordedEvent> },
  ports: Ports,
): Promise<Delivered> {
  // A node that is killed during the SMS leaves a trace of it.
  await ports.recordIntent({ kind: 'send', outcome: 'intended', ...send.about });
  const delivered = await ports.sendCode(message, send);
  if (delivered.outcome === 'refused') ports.record({ kind: 'send', ...send.about, ...delivered });
  return delivered;
}

/** Two requests with one reference at once: the second waits, so that it can answer what came of the first. */
async function reserve(reservation: SendReservation, now: number, { store, timer }: Ports): Promise<SendDecision> {
  const giveUpAt = timer.now() + PATIENCE_MS;
  for (;;) {
    const decision = await store.reserveSend(reservation, now);
    if (decision.outcome !== 'under-way' || timer.now() >= giveUpAt) return decision;
    await timer.pause(PAUSE_MS);
  }
}

type Refused = Exclude<SendDecision, { outcome: 'reserved' | 'repeated' }>;

function refuse(decision: Refused, about: Partial<RecordedEvent>, ports: Ports): SendOtpResult {
  const refused = (reason: EventReason): void =>
    ports.record({ kind: 'send', outcome: 'refused', reason, ...about, slowed: SLOWED.has(reason) });
  switch (decision.outcome) {
    case 'conflict':
      refused('reference-conflict');
      return { outcome: 'reference-conflict' };
    case 'over-budget':
      refused('over-budget');
      return { outcome: 'over-budget' };
    case 'under-way':
      refused('under-way');
      return { outcome: 'under-way', retryAfterMs: decision.retryAfterMs };
    case 'refused':
      refused(decision.reason);
      return { outcome: 'wait', reason: decision.reason, retryAfterMs: decision.retryAfterMs };
  }
}

function newChallenge(
  sent: { clientRefId: string; transactionHash: string; code: string; now: number },
  request: SendOtp,
  { peppers: [pepper = new Uint8Array()] }: Ports,
): Challenge {
  const { clientRefId, transactionHash, code, now } = sent;
  const id = randomBytes(16).toString('base64url');
  const codeMac = codeMacFor(pepper, request, { id, transactionHash }, code);
  const { attemptsPerCode: attemptsAllowed } = request.limits;
  return { id, codeMac, clientRefId, transactionHash, attemptsAllowed, expiresAt: now + CODE_LIFETIME_MS };
}

const UNSETTLED: Readonly<Partial<Record<Delivered['outcome'], EventReason>>> = {
  unknown: 'sms-unknown',
  'under-way': 'sms-unknown',
  queued: 'queued',
};

/** What an event says of an SMS that was not refused. */
function handedOver(
  { outcome, ...rest }: Exclude<Delivered, { outcome: 'refused' }>,
  committed: CommitResult['outcome'],
): Pick<RecordedEvent, 'reason' | 'messageId' | 'route'> {
  const { committing: _, ...where } = { committing: undefined, ...rest };
  const unsettled = UNSETTLED[outcome];
  return {
    ...(unsettled !== undefined && { reason: unsettled }),
    ...(committed !== 'committed' && { reason: committed }),
    ...where,
  };
}

function bound(transactionHash: string): Pick<RecordedEvent, 'transactionHash'> {
  return transactionHash === '' ? {} : { transactionHash };
}
