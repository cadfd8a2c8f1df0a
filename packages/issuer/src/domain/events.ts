import { maskMobile } from '@verified-mobile/core';
import type { AttemptRefusal, SendWait } from './otp-store.ts';
import { wireMobile } from './wire-values.ts';

/** What a use case says of an event; who asked and when is added around it. */
export interface RecordedEvent {
  readonly kind: 'send' | 'attempt' | 'token' | 'validation' | 'consumption' | 'refusal';
  readonly outcome: 'accepted' | 'refused';
  /** The true reason of a refusal, and of an acceptance that is not the usual one. The wire does not say it. */
  readonly reason?: EventReason;
  /** Masked: `+9190******68`. */
  readonly mobile?: string;
  /** First four digits of the mobile: what an operator was allotted as one series. */
  readonly prefix?: string;
  /** Names the code, over send, attempts and token. */
  readonly challengeId?: string;
  /** `jti` of the token. The token itself is in no event. */
  readonly tokenId?: string;
  readonly clientRefId?: string;
  /** The SMS provider's id of the message. */
  readonly messageId?: string;
  readonly transactionHash?: string;
  /** For how long this attempt makes all others wait. */
  readonly waitMs?: number;
  /** Whether a prefix is being slowed because it sends much and verifies little. */
  readonly slowed?: boolean;
}

export type EventReason =
  | SendWait
  | AttemptRefusal
  | 'repeated'
  | 'under-way'
  | 'reference-conflict'
  | 'sms-refused'
  /** The provider did not say in time whether it accepted the SMS. */
  | 'sms-unknown'
  | 'superseded'
  | 'wrong-code'
  | 'lost-race'
  | 'valid'
  | 'invalid'
  | 'timed-out'
  | 'foreign-initiator'
  | 'other-transaction'
  | 'same-operation'
  | 'unavailable'
  | 'bad-request'
  | 'forbidden'
  | 'wrong-environment'
  | 'address'
  /** A message signature that had served a request before. */
  | 'repeated-signature'
  /** A message signature from before the time that the replay store remembers: it may have served a request. */
  | 'unvouched-signature'
  | 'internal';

/** One thing that happened, fit for ledger, log and metrics: no code, no token, no whole mobile. */
export interface IssuerEvent extends RecordedEvent {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Id of the account; absent if the request could not be attributed to one. */
  readonly account?: string;
  readonly requestId: string;
}

/** One request as it was answered: no header, no query, no body. */
export interface AnsweredRequest {
  readonly requestId: string;
  readonly method: string;
  /** The route's path, or `unknown`. */
  readonly route: string;
  readonly status: number;
  readonly durationMs: number;
  /** Id of the account, if the request was authenticated. */
  readonly account?: string;
}

/** The digits by which conversions are counted: `9002` of `+919002336768`. */
export function prefixOf(mobile: string): string {
  return wireMobile(mobile).slice(0, 4);
}

export function aboutMobile(mobile: string): Pick<RecordedEvent, 'mobile' | 'prefix'> {
  return { mobile: maskMobile(mobile), prefix: prefixOf(mobile) };
}
