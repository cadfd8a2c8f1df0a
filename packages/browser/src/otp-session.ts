import { abortable } from './in-turn.ts';
import { OtpError } from './otp-error.ts';
import type { OtpSent } from './otp-state.ts';
import type { ProofSettings } from './options.ts';
import { english, type OtpErrorCode } from './texts.ts';

/** One customer approving one request. */
export interface OtpSession {
  /** Asks the server to send an OTP. @throws {OtpError} */
  readonly send: () => Promise<OtpSent>;
  /** Resolves when the OTP is right. @throws {OtpError} */
  readonly verify: (otp: string) => Promise<void>;
  /** Aborted when the caller of `fetch` gives up. */
  readonly signal: AbortSignal;
}

interface Answer extends OtpSent {
  readonly otpVerificationToken: string;
  readonly code?: unknown;
}

/** Calls the app's own back end, and keeps the token from what asks for the OTP. */
export function createSession(
  { fetch, otpUrl, timeoutMs }: ProofSettings,
  { signal }: Request,
  transaction: unknown,
  take: (token: string) => void,
): OtpSession {
  const post = async (path: string, wanted: keyof Answer, otp?: string): Promise<Answer> => {
    const deadline = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
    const call = fetch(otpUrl + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ otp, transaction }),
      credentials: 'include',
      // It would hand the OTP to another address.
      redirect: 'error',
      signal: deadline,
    });
    return abortable(
      call.then(async (response) => read(response, wanted)),
      deadline,
    ).catch((error: unknown) => {
      signal.throwIfAborted();
      throw error instanceof OtpError ? error : new OtpError('no_answer');
    });
  };
  return {
    signal,
    send: async () => post('', 'expiresAt'),
    async verify(otp) {
      take((await post('/verify', 'otpVerificationToken', otp)).otpVerificationToken);
    },
  };
}

/** For an answer that has no code of ours, like a proxy's. */
const CODES: Readonly<Record<number, OtpErrorCode>> = { 401: 'signed_out', 429: 'otp_wait', 503: 'otp_unavailable' };

async function read(response: Response, wanted: keyof Answer): Promise<Answer> {
  const { ok, status, headers } = response;
  const answer = { ...(await response.json().catch(() => undefined)) } as Answer;
  // The customer's clock may be wrong, and `expiresAt` is by the server's, whose Date leaves out the milliseconds.
  const ahead = Date.now() - 1000 - Date.parse(headers.get('date') ?? '') || 0;
  if (ok && answer[wanted]) return { ...answer, expiresAt: answer.expiresAt + ahead };
  const code = String(answer.code) as OtpErrorCode;
  const other = CODES[status] ?? 'failed';
  throw new OtpError(
    code.startsWith('otp_') && code in english ? code : other,
    Number(headers.get('retry-after')) || undefined,
  );
}
