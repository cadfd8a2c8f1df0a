/** SMS over the HTTP API of a provider, described by options: for the providers of whom `docs/providers` has a description, and others. */
export { httpSmsRoute } from './sms/http/http-route.ts';
export type {
  Accepted,
  AnswerValue,
  HttpSmsOptions,
  JsonTemplate,
  ReceiptOptions,
  Refusals,
  Refused,
  TextOrVariable,
} from './sms/http/options.ts';
