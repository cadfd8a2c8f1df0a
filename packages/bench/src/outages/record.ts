import type { Invocation } from '@verified-mobile/test-support/history';
import type { CallOutcome } from './calls.ts';

/** One Send OTP as its caller saw it. */
export interface AskedSend {
  /** The node that was asked. */
  readonly node: string;
  readonly outcome: CallOutcome;
  readonly clientRefId: string;
  /** Of the answer; empty unless it was accepted. */
  readonly tid: string;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly endedAt: number;
}

/** A token that an answer had. */
export interface GivenToken {
  readonly challengeId: string;
  readonly tokenId: string;
}

/** What the customers saw. */
export interface CustomersRecord {
  readonly sends: AskedSend[];
  readonly tokens: GivenToken[];
  readonly consumptions: Invocation[];
  /** Customers who found no node ready, so that nothing was asked. */
  turnedAway: number;
  /** Customers whose SMS did not come although their send was accepted: the provider did not say in time that it has it. */
  acceptedWithoutSms: number;
  wrongCodesAccepted: number;
}

export function emptyRecord(): CustomersRecord {
  return { sends: [], tokens: [], consumptions: [], turnedAway: 0, acceptedWithoutSms: 0, wrongCodesAccepted: 0 };
}
