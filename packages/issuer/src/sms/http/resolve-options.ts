import type { SmsRoute } from '../../domain/sms-route.ts';
import { type IssuerError, misconfigured } from '../../lib/errors.ts';
import { definedOf, refuseUnknownNames, requireFunction, requireObject, requireWhole } from '../../lib/settings.ts';
import { type AnswerRules, readAnswerRules } from './answer-rules.ts';
import type { HttpSmsOptions } from './options.ts';
import { receiptReader } from './receipts.ts';
import { readRequest, type RequestTemplate } from './request.ts';
import { createTemplateReader } from './template.ts';

const ROUTE_NAME = /^[a-z0-9-]{1,32}$/;
const OPTION_NAMES = [
  'name',
  'url',
  'method',
  'headers',
  'basicAuth',
  'json',
  'form',
  'query',
  'idempotencyHeader',
  'telemarketerIds',
  'accepted',
  'messageId',
  'refused',
  'receipts',
  'timeoutMs',
  'connectTimeoutMs',
  'window',
  'ca',
  'variables',
  'clock',
  'onFault',
] satisfies (keyof HttpSmsOptions)[];

/** The options after every check and default. */
export interface ResolvedOptions extends Required<
  Pick<HttpSmsOptions, 'name' | 'window' | 'timeoutMs' | 'connectTimeoutMs' | 'telemarketerIds' | 'clock' | 'onFault'>
> {
  readonly request: RequestTemplate;
  readonly rules: AnswerRules;
  readonly readReceipts: SmsRoute['readReceipts'];
  readonly canRepeat: boolean;
  readonly isTls: boolean;
  readonly ca: string | undefined;
}

export function resolveOptions(options: HttpSmsOptions): ResolvedOptions {
  refuseUnknownNames('httpSmsRoute', requireObject(options, 'httpSmsRoute'), OPTION_NAMES);
  const given = definedOf(options) as HttpSmsOptions;
  const {
    name,
    window = 50,
    timeoutMs = 4_500,
    connectTimeoutMs = 2_000,
    telemarketerIds = [],
    clock = Date.now,
  } = given;
  if (typeof name !== 'string' || !ROUTE_NAME.test(name)) {
    throw misconfigured('name must be 1 to 32 lower-case letters, digits and -.');
  }
  requireWhole('window', window, 1, 1_000);
  requireWhole('timeoutMs', timeoutMs, 1, 30_000);
  requireWhole('connectTimeoutMs', connectTimeoutMs, 1, 30_000);
  requireFunction('clock', clock, 'a function, or leave it out');
  const { onFault = reportFault, variables = process.env, ca, receipts } = given;
  requireFunction('onFault', onFault, 'a function, or leave it out');
  const reader = createTemplateReader(variables);
  const request = readRequest(given, reader);
  checkTelemarketers(given.telemarketerIds, request.needed.has('dlt.chainHash'));
  return {
    name,
    window,
    timeoutMs,
    connectTimeoutMs,
    telemarketerIds,
    clock,
    onFault,
    request,
    rules: readAnswerRules(given),
    readReceipts: receipts && receiptReader(receipts, reader),
    canRepeat: given.idempotencyHeader !== undefined,
    isTls: reader.fixed(given.url, 'url').startsWith('https:'),
    ca: ca === undefined ? undefined : reader.fixed(ca, 'ca'),
  };
}

function checkTelemarketers(ids: unknown, isUsed: boolean): void {
  if (ids === undefined && !isUsed) return;
  const isChain = Array.isArray(ids) && ids.length > 0 && ids.every((id) => /^\d{1,30}$/.test(String(id)));
  if (isChain && isUsed) return;
  throw misconfigured(
    isUsed
      ? 'telemarketerIds must be a list of ids in digits: {{dlt.chainHash}} is made from them.'
      : 'telemarketerIds is set, and nothing holds {{dlt.chainHash}}. Leave it out, or put that into the body.',
  );
}

/** The default of `onFault`. */
export function reportFault({ message }: IssuerError): void {
  process.stderr.write(`verified-mobile issuer: ${message}\n`);
}
