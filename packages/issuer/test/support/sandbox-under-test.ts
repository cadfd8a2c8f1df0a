import { signedHeaders, WIRE_PATHS } from '@verified-mobile/client';
import {
  createSandbox,
  type InboxMessage,
  type Sandbox,
  SANDBOX_CREDENTIALS,
  type SandboxOptions,
} from '@verified-mobile/issuer/sandbox';
import type { Answer } from './issuer-under-test.ts';

export const NOW: number = Date.parse('2026-05-22T10:29:04.250Z');
export const ORIGIN = 'http://localhost:4000';

/** A sandbox, and the clock of its surroundings: that of its callers, too. */
export interface SandboxUnderTest {
  sandbox: Sandbox;
  clock: { now: number };
  fetch: (request: Request) => Promise<Response>;
  get: (path: string) => Promise<Response>;
  /** A signed call of the API. */
  call: (method: string, path: string, body: object) => Promise<Response>;
  send: (mobile: string) => Promise<Response>;
  /** `status` of the answer to Send OTP. */
  sent: (mobile: string) => Promise<number>;
  /** Verifies with the code of the newest message to the mobile, or with this one. */
  verify: (mobile: string, otp?: string) => Promise<Answer>;
  /** Sends and verifies. */
  token: (mobile: string) => Promise<string>;
  messages: (query?: string) => Promise<InboxMessage[]>;
  /** As a program does that controls the sandbox. */
  control: (path: string, body?: object) => Promise<Response>;
}

export function sandboxUnderTest(changes: Partial<SandboxOptions> = {}): SandboxUnderTest {
  const clock = { now: NOW };
  const sandbox = createSandbox({ publicUrl: ORIGIN, clock: () => clock.now, ...changes });
  const { fetch } = sandbox;
  const { initiatorId: initiator_id, cspId: csp_id } = SANDBOX_CREDENTIALS;
  const json = { 'content-type': 'application/json' };
  const get = async (path: string): Promise<Response> => fetch(new Request(ORIGIN + path));
  const call = async (method: string, path: string, body: object): Promise<Response> => {
    const headers = { ...json, ...signedHeaders(SANDBOX_CREDENTIALS, clock.now) };
    return fetch(new Request(`${ORIGIN}/ekoapi/v3${path}`, { method, headers, body: JSON.stringify(body) }));
  };
  const messages = async (query = ''): Promise<InboxMessage[]> =>
    ((await (await get(`/sandbox/messages${query}`)).json()) as { messages: InboxMessage[] }).messages;
  const send = async (mobile: string): Promise<Response> =>
    call('POST', WIRE_PATHS.sendOtp, { initiator_id, csp_id, mobile });
  const verify = async (mobile: string, otp?: string): Promise<Answer> => {
    const code = otp ?? (await messages(`?mobile=${mobile}`))[0]?.text.slice(0, 6) ?? 'no SMS';
    return (await (await call('PUT', WIRE_PATHS.verifyOtp, { initiator_id, otp: code, mobile })).json()) as Answer;
  };
  return {
    sandbox,
    clock,
    fetch,
    get,
    call,
    send,
    sent: async (mobile) => ((await (await send(mobile)).json()) as Answer).status,
    verify,
    token: async (mobile) => {
      await send(mobile);
      return String((await verify(mobile)).data?.['otp_verification_token']);
    },
    messages,
    control: async (path, body = {}) =>
      fetch(new Request(ORIGIN + path, { method: 'POST', headers: json, body: JSON.stringify(body) })),
  };
}
