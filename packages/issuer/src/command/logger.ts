import { VerifiedMobileError } from '@verified-mobile/core';
import { type DestinationStream, type Logger, pino } from 'pino';
import type { AnsweredRequest, IssuerEvent } from '../domain/events.ts';
import type { IssuerFault } from '../domain/ports.ts';
import { IssuerError } from '../lib/errors.ts';

/** Should a field of one of these names ever be logged, its value is not. */
const SECRET_FIELDS = [
  'otp',
  'text',
  'token',
  'otp_verification_token',
  'accessKey',
  'accessKeys',
  'secret-key',
  'pepper',
  'peppers',
  'to',
];

export interface IssuerLog {
  readonly logger: Logger;
  readonly onEvent: (event: IssuerEvent) => void;
  readonly onRequest: (request: AnsweredRequest) => void;
  readonly onCheckpoint: (checkpoint: string) => void;
  readonly onFault: (fault: IssuerFault) => void;
}

/** JSON lines on standard output: requests without query and body, events masked, faults by name and code. */
export function createLog(level: string, node: string, destination?: DestinationStream): IssuerLog {
  const paths = SECRET_FIELDS.flatMap((name) => [`["${name}"]`, `*["${name}"]`]);
  const options = { level, base: { node }, redact: { paths, censor: '[redacted]' } };
  const logger = destination ? pino(options, destination) : pino(options);
  return {
    logger,
    onEvent: (event) => logger.info({ event }, `${event.kind} ${event.outcome}`),
    onRequest: (request) => logger.info({ request }, 'request'),
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
