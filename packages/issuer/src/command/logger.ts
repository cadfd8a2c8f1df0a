import { type DestinationStream, type Logger, pino } from 'pino';
import type { AnsweredRequest, IssuerEvent } from '../domain/events.ts';
import type { IssuerFault } from '../domain/ports.ts';

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
  'to',
];

export interface IssuerLog {
  readonly logger: Logger;
  readonly onEvent: (event: IssuerEvent) => void;
  readonly onRequest: (request: AnsweredRequest) => void;
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
    onFault({ during, error }) {
      const name = error instanceof Error ? error.name : typeof error;
      const code = error instanceof Error && 'code' in error ? String(error.code) : undefined;
      // Not its message: a provider's error may repeat the SMS, and with it the code.
      logger.error({ during, error: { name, code } }, `${during} failed`);
    },
  };
}
