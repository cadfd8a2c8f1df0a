import { VerifiedMobileError } from '@verified-mobile/core';
import { type DestinationStream, type Logger, pino } from 'pino';
import type { AnsweredRequest, DeliveryObservation, IssuerEvent } from '../domain/events.ts';
import type { IssuerFault } from '../domain/ports.ts';
import { IssuerError } from '../lib/errors.ts';
import type { Away } from './away.ts';
import { createSampler } from './sampler.ts';

/** Should a field of one of these names ever be logged, its value is not. */
const SECRET_FIELDS = [
  'otp',
  'text',
  'token',
  'otp_verification_token',
  'accessKey',
  'accessKeys',
  'secret-key',
  'secret-key-signature',
  'pepper',
  'peppers',
  'session_id',
  'to',
];

export interface IssuerLog {
  readonly logger: Logger;
  readonly onEvent: (event: IssuerEvent) => void;
  readonly onRequest: (request: AnsweredRequest) => void;
  readonly onCheckpoint: (checkpoint: string) => void;
  /** One line when a route begins to be spared, and one when it is used again. */
  readonly onDelivery: (observation: DeliveryObservation) => void;
  readonly onFault: (fault: IssuerFault) => void;
  readonly onNotice: (message: string) => void;
  /** A server is waited for: one line for each, whatever it takes. */
  readonly onAway: Away;
}

/**
 * JSON lines on standard output: requests without query and body, events masked, faults by name and code. Of refusals that
 * no account can be blamed for, one line a second for each reason, or each route and status, says how many were left out.
 */
export function createLog(
  level: string,
  node: string,
  clock: () => number,
  destination?: DestinationStream,
): IssuerLog {
  const paths = SECRET_FIELDS.flatMap((name) => [`["${name}"]`, `*["${name}"]`]);
  const options = { level, base: { node }, redact: { paths, censor: '[redacted]' } };
  const logger = destination ? pino(options, destination) : pino(options);
  const [waitedFor, spared] = [new Set<string>(), new Set<string>()];
  const [sampleEvent, sampleRequest] = [createSampler(clock), createSampler(clock)];
  return {
    logger,
    onEvent(event) {
      const sample = event.account === undefined ? sampleEvent(String(event.reason)) : {};
      if (event.stopped) logger.warn({ event }, 'mobile stopped: only `release` lets it verify again');
      else if (sample) logger.info({ event, ...sample }, `${event.kind} ${event.outcome}`);
    },
    onRequest(request) {
      const { account, route, status } = request;
      const sample = account === undefined && status >= 400 ? sampleRequest(`${status} ${route}`) : {};
      if (sample) logger.info({ request, ...sample }, 'request');
    },
    onAway(what, cause) {
      if (waitedFor.has(what)) return;
      waitedFor.add(what);
      logger.warn({ what, cause }, `${what} cannot be reached (${cause}). Waiting for it; /health answers meanwhile.`);
    },
    onDelivery(observation) {
      if (observation.kind !== 'circuit') return;
      const { route, state } = observation;
      if (state === 'open') {
        spared.add(route);
        logger.warn({ route }, 'SMS route spared: it failed several times in a row');
      } else if (spared.delete(route)) {
        logger.info({ route }, 'SMS route used again');
      }
    },
    onNotice: (message) => logger.info(message),
    onCheckpoint: (checkpoint) => logger.info({ checkpoint }, 'ledger checkpoint'),
    onFault: ({ during, error }) => logger.error({ during, error: describe(error) }, `${during} failed`),
  };
}

interface DescribedError {
  readonly name: string;
  readonly code: string | undefined;
  readonly message?: string;
  readonly cause?: DescribedError;
}

/** With the message of our own errors, which hold no secret. A provider's may repeat the SMS, and with it the code. */
function describe(error: unknown): DescribedError {
  if (!(error instanceof Error)) return { name: typeof error, code: undefined };
  const isOurs = error instanceof IssuerError || error instanceof VerifiedMobileError;
  return {
    name: error.name,
    code: 'code' in error ? String(error.code) : undefined,
    ...(isOurs && { message: error.message }),
    ...(isOurs && error.cause !== undefined && { cause: describe(error.cause) }),
  };
}
