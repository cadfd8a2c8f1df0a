import { inTurn } from './in-turn.ts';
import { type MobileProofOptions, type ProofSettings, resolveOptions } from './options.ts';
import { createSession } from './otp-session.ts';

type Fetch = typeof globalThis.fetch;

/**
 * Wraps `fetch`: if a request is answered 401 with `"action": "verify_mobile"`, the customer approves it by OTP, and the
 * same request is sent once more, with the token and the same `Idempotency-Key`.
 */
export function withMobileProof(fetch: Fetch, options: MobileProofOptions = {}): Fetch {
  const settings = resolveOptions(fetch, options);
  return async (input, init) => {
    const request = new Request(input, init);
    const { headers, method, signal, url } = request;
    // Another origin would learn the token by answering 401.
    if (![location.origin, ...settings.origins].includes(new URL(url).origin)) return fetch(request);
    if (!/^(GET|HEAD)$/.test(method) && !headers.has('idempotency-key')) {
      headers.set('idempotency-key', crypto.randomUUID());
    }
    const response = await fetch(request.clone());
    if (!(await asksForProof(response))) return response;
    headers.set('otp-verification-token', await inTurn(async () => prove(request, settings), signal));
    // A redirect could take the token to another origin.
    return fetch(new Request(request, { redirect: 'error' }));
  };
}

async function asksForProof(response: Response): Promise<boolean> {
  const { headers, redirected, status } = response;
  const isProblem = headers.get('content-type')?.startsWith('application/problem+json');
  if (status !== 401 || redirected || !isProblem) return false;
  const { action } = {
    ...(await response
      .clone()
      .json()
      .catch(() => undefined)),
  } as { action?: unknown };
  return action === 'verify_mobile';
}

/** Resolves with the token, which nothing else holds. */
async function prove(request: Request, settings: ProofSettings): Promise<string> {
  const transaction: unknown = await request
    .clone()
    .json()
    .catch(() => undefined);
  let token = '';
  await settings.askForOtp(createSession(settings, request, transaction, (taken) => (token = taken)));
  if (!token) throw new DOMException('The request was not approved.', 'AbortError');
  return token;
}
