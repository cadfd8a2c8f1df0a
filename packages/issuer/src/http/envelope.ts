import { type Envelope, ResponseStatus, ResponseType } from '@verified-mobile/client';
import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';

/** Why a request got as far as no call. */
export type RequestRefusal =
  | 'forbidden'
  | 'wrongUrl'
  | 'wrongMethod'
  | 'bodyTooLarge'
  | 'wrongContentType'
  | 'internal';

/** Every answer that is not 200. Only 403 has other messages besides, each naming its cause. */
const REQUEST_REFUSALS: Readonly<Record<RequestRefusal, { status: ContentfulStatusCode; message: string }>> = {
  forbidden: { status: 403, message: 'developer_key or secret-key is wrong.' },
  wrongUrl: { status: 404, message: 'Wrong URL.' },
  wrongMethod: { status: 405, message: 'Wrong method. The Allow header names those that this URL takes.' },
  bodyTooLarge: { status: 413, message: 'The body is larger than 16 KiB.' },
  wrongContentType: { status: 415, message: 'Wrong content-type. Send application/json.' },
  internal: { status: 500, message: 'Internal error.' },
};

export function refuseRequest(context: Context, reason: RequestRefusal, message?: string): Response {
  const refusal = REQUEST_REFUSALS[reason];
  return context.json(refusalEnvelope(ResponseType.none, message ?? refusal.message), refusal.status);
}

/** For the methods that a URL does not take. */
export function refuseMethod(allowed: string): (context: Context) => Response {
  return (context) => {
    context.header('allow', allowed);
    return refuseRequest(context, 'wrongMethod');
  };
}

export function successEnvelope<Data>(responseType: number, message: string, data: Data): Envelope<Data> {
  return {
    status: ResponseStatus.success,
    response_status_id: ResponseStatus.success,
    response_type_id: responseType,
    message,
    data,
  };
}

/** The refused OTP calls carry an empty `data`; a refused token carries none, as published. */
export function refusalEnvelope(
  responseType: number,
  message: string,
  status: number = ResponseStatus.failure,
): Envelope<Record<string, never>> {
  const envelope = { status, response_status_id: status, response_type_id: responseType, message };
  const carriesData = responseType === ResponseType.otpSent || responseType === ResponseType.otpVerification;
  return carriesData ? { ...envelope, data: {} } : envelope;
}
