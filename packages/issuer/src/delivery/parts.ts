import type { DeliveryObservation, IssuerEvent } from '../domain/events.ts';
import type { OtpStore } from '../domain/otp-store.ts';
import type { Outbox } from '../domain/outbox.ts';
import type { IssuerFault } from '../domain/ports.ts';
import type { SmsRoute } from '../domain/sms-route.ts';
import type { HandOver } from './hand-over.ts';

/** What the delivery works with. */
export interface DeliveryParts {
  /** In order of preference. */
  readonly routes: readonly SmsRoute[];
  readonly outbox: Outbox;
  readonly store: Pick<OtpStore, 'commitSend' | 'cancelSend'>;
  readonly handOver: HandOver;
  /** In force at the moment: the first seals, all open. */
  readonly peppers: () => readonly Uint8Array[];
  readonly clock: () => number;
  /** How long one hand-over may take, and how long Send waits. */
  readonly smsTimeoutMs: number;
  /** Failures of a route in a row. */
  readonly failuresToOpen: number;
  /** Never throws. */
  readonly emit: (event: IssuerEvent) => void;
  readonly reportFault: (fault: IssuerFault) => void;
  readonly observe: (observation: DeliveryObservation) => void;
}
