import type { AttemptRefusal, SendWait, StoreVerb } from './otp-store.ts';
import type { SmsReceipt } from './sms-route.ts';

/** What a use case says of an event; who asked and when is added around it. */
export interface RecordedEvent {
  readonly kind:
    | 'send'
    /**
     * What became of an SMS after Send was answered, or on another node than that of the request; and each route that refused
     * one before another took it.
     */
    | 'delivery'
    /** What the provider says of an SMS that it has accepted. */
    | 'receipt'
    | 'attempt'
    | 'token'
    | 'validation'
    | 'consumption'
    | 'refusal'
    | 'release';
  /** `intended`: an SMS is about to be handed over. What came of it is in the event of the same `challengeId` that follows. */
  readonly outcome: 'intended' | 'accepted' | 'refused';
  /** The true reason of a refusal, and of an acceptance that is not the usual one. The wire does not say it. */
  readonly reason?: EventReason;
  /** Masked: `+9190******68`. */
  readonly mobile?: string;
  /** First four digits of the mobile: what an operator was allotted as one series. */
  readonly prefix?: string;
  /** HMAC of the mobile under `digestKey`: finds all events of one person. */
  readonly mobileDigest?: string;
  /** The agent on whose behalf it was asked, masked: `96******29`. */
  readonly cspId?: string;
  /** HMAC of `csp_id` under `digestKey`. */
  readonly cspDigest?: string;
  /** Names the code, over send, attempts and token. A wrong code may have been compared with several: this is the newest. */
  readonly challengeId?: string;
  /** `jti` of the token. The token itself is in no event. */
  readonly tokenId?: string;
  /** The caller's own reference, with mobiles in it masked. */
  readonly clientRefId?: string;
  /** `tid` of the answer, if there is one. */
  readonly tid?: string;
  /** The SMS provider's id of the message. */
  readonly messageId?: string;
  /** The way that the SMS went, by its name. */
  readonly route?: string;
  /** What operator or provider called a refusal, such as `633`. */
  readonly operatorCode?: string;
  /** Of a receipt. */
  readonly receipt?: SmsReceipt['status'];
  readonly transactionHash?: string;
  /** For how long this attempt makes all others of its session wait. */
  readonly waitMs?: number;
  /** Whether this attempt stopped the mobile at the account: only an operator can release it. */
  readonly stopped?: boolean;
  /** Whether the prefix or the account is being slowed because it sends much and verifies little. */
  readonly slowed?: boolean;
}

export type EventReason =
  | SendWait
  | AttemptRefusal
  | 'repeated'
  | 'under-way'
  | 'reference-conflict'
  | 'over-budget'
  /** By every route. */
  | 'sms-refused'
  /** The text is not what the account has registered on DLT: the operators would drop it, so it was not sent. */
  | 'template-mismatch'
  /** The provider did not say in time whether it accepted the SMS; or the node that handed it over is gone. */
  | 'sms-unknown'
  /** The SMS waits for a route. A `delivery` of the same `challengeId` says what became of it. */
  | 'queued'
  /** As many SMS wait as the outbox holds. */
  | 'queue-full'
  /** The SMS of a node that is gone was sealed under a pepper that is in force no more. */
  | 'unreadable'
  | 'superseded'
  /** The code was verified before the provider had answered. */
  | 'verified'
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
  /** Id of the account; absent if no account of this environment signed the request. The ledger keeps no such event. */
  readonly account?: string;
  readonly requestId: string;
  /** Where the request came from; absent if that is not known. */
  readonly address?: string;
}

/** One request as it was answered: no header, no query, no body. */
export interface AnsweredRequest {
  readonly requestId: string;
  readonly method: string;
  /** The route's path, or `unknown`. */
  readonly route: string;
  readonly status: number;
  readonly durationMs: number;
  /** Id of the account that signed the request, if one did. */
  readonly account?: string;
}

/** A part that the issuer waits for, and how one call to it ended. */
export type MeasuredPart =
  /** One hand-over to one route, its deadline included. `refused` if it was rejected. */
  | { readonly part: 'sms'; readonly route: string; readonly outcome: 'accepted' | 'unknown' | 'refused' }
  /** `answered`, whatever the answer: what it was is in the events. */
  | { readonly part: 'store'; readonly verb: StoreVerb; readonly outcome: 'answered' | 'failed' }
  /** From the append of one event until it is written; no answer waits for it. */
  | { readonly part: 'ledger'; readonly outcome: 'written' | 'failed' };

/** How long one call took. */
export type Measurement = MeasuredPart & { readonly durationMs: number };

/** How the SMS go out, for metrics. */
export type DeliveryObservation =
  /** How many SMS of this node wait for a route, after each change. */
  | { readonly kind: 'queue'; readonly length: number }
  /** `open`: the route failed several times in a row, and is spared. */
  | { readonly kind: 'circuit'; readonly route: string; readonly state: 'open' | 'closed' }
  /** `unmatched`: of no message of ours that is known so far, or no receipt at all. */
  | { readonly kind: 'receipt'; readonly route: string; readonly status: SmsReceipt['status'] | 'unmatched' };
