import { describe, expect, it } from 'vitest';
import { CALLS, clientAnswered, errorOf, MOBILE, NOW, OTP, TOKEN } from './support.ts';

// Byte for byte as published, except that Validate Token answers with the token that was asked about.
const SENT = `{ "status": 0, "response_status_id": 0, "response_type_id": 1623, "message": "OTP has been sent",
  "data": { "client_ref_id": "211101129871", "initiator_id": "1234567891",
            "otp_expiry_timestamp": "Fri May 22 16:04:04 IST 2026", "tid": "2886978474" } }`;
const VERIFIED = `{ "status": 0, "response_status_id": 0, "response_type_id": 1632, "message": "OTP verification successful.",
  "data": { "client_ref_id": "211101129871", "otp_verification_token": "eyJ0eXAiOiJKV1QiLCJ…", "initiator_id": "1234567891",
            "mobile": "9002336768", "tid": "2886978475" } }`;
const REJECTED = `{ "status": 1, "response_status_id": 1, "response_type_id": 1632, "message": "OTP verification failed.", "data": {} }`;
const VALID = `{ "status": 0, "response_status_id": 0, "response_type_id": 1633, "message": "OTP verification token is valid.",
  "data": { "client_ref_id": "211101129871", "otp_verification_token": "${TOKEN}", "initiator_id": "1234567891",
            "mobile": "9002336768", "tid": "2886978475" } }`;
const TIMED_OUT = `{ "status": 1, "response_status_id": 1, "response_type_id": 1634, "message": "The OTP verification token has timed out." }`;
const INVALID = `{ "status": 1, "response_status_id": 1, "response_type_id": 1634, "message": "The OTP verification token is invalid." }`;

const SIGNED = {
  developer_key: 'dev-key-LEAK',
  'secret-key': expect.stringMatching(/^[\w+/]{43}=$/) as string,
  'secret-key-timestamp': String(NOW),
};
const JSON_TYPE = { 'content-type': 'application/json' };

describe('the published documents', () => {
  it('Send OTP', async () => {
    const { client, requests } = clientAnswered(new Response(SENT));
    expect(await CALLS.sendOtp(client)).toEqual({
      tid: '2886978474',
      clientRefId: '211101129871',
      otpExpiresAt: new Date('2026-05-22T10:34:04Z'),
    });
    const { method, url, headers, text } = await read(requests[0]!);
    expect({ method, url }).toEqual({ method: 'POST', url: 'https://otp.test/ekoapi/v3/tools/kyc/mobile/otp' });
    expect(headers).toEqual({ ...SIGNED, ...JSON_TYPE });
    expect(text).toBe(
      '{"initiator_id":"1234567891","csp_id":"9876543210","mobile":"9002336768","client_ref_id":"211101129871"}',
    );
  });

  it('Verify OTP', async () => {
    const { client, requests } = clientAnswered(new Response(VERIFIED));
    expect(await CALLS.verifyOtp(client)).toEqual({
      mobile: '+919002336768',
      token: 'eyJ0eXAiOiJKV1QiLCJ…',
      tid: '2886978475',
      clientRefId: '211101129871',
    });
    const { method, url, headers, text } = await read(requests[0]!);
    expect({ method, url }).toEqual({ method: 'PUT', url: 'https://otp.test/ekoapi/v3/tools/kyc/mobile/otp/verify' });
    expect(headers).toEqual({ ...SIGNED, ...JSON_TYPE });
    expect(text).toBe(`{"initiator_id":"1234567891","otp":"${OTP}","mobile":"${MOBILE}"}`);
  });

  it('Send OTP and Verify OTP in a session, which our issuer alone knows', async () => {
    const { client, requests } = clientAnswered(({ method }) => new Response(method === 'POST' ? SENT : VERIFIED));
    await client.sendOtp({ mobile: MOBILE, cspId: '9876543210', sessionId: 'session-1' });
    await client.verifyOtp({ mobile: MOBILE, otp: OTP, sessionId: 'session-1' });
    const bodies = await Promise.all(requests.map(async (request) => (await read(request)).text));
    expect(bodies).toEqual([
      `{"initiator_id":"1234567891","csp_id":"9876543210","mobile":"${MOBILE}","session_id":"session-1"}`,
      `{"initiator_id":"1234567891","otp":"${OTP}","mobile":"${MOBILE}","session_id":"session-1"}`,
    ]);
  });

  it('Send OTP in a language, of which our issuer alone has texts', async () => {
    const { client, requests } = clientAnswered(() => new Response(SENT));
    await client.sendOtp({ mobile: MOBILE, cspId: '9876543210', language: 'hi' });
    const bodies = await Promise.all(requests.map(async (request) => (await read(request)).text));
    expect(bodies).toEqual([
      `{"initiator_id":"1234567891","csp_id":"9876543210","mobile":"${MOBILE}","language":"hi"}`,
    ]);
  });

  it('Validate Token', async () => {
    const { client, requests } = clientAnswered(new Response(VALID));
    expect(await CALLS.validateToken(client)).toMatchObject({ mobile: '+919002336768', token: TOKEN });
    const { method, url, headers, text } = await read(requests[0]!);
    expect({ method, url, text }).toEqual({
      method: 'GET',
      url: `https://otp.test/ekoapi/v3/tools/kyc/mobile/otp/validate-token?initiator_id=1234567891&otp_verification_token=${TOKEN}`,
      text: '',
    });
    expect(headers).toEqual(SIGNED);
  });

  it.each([
    ['an incorrect or expired OTP', 'verifyOtp', REJECTED, 'otp_rejected'],
    ['a token that timed out', 'validateToken', TIMED_OUT, 'token_timed_out'],
    ['an invalid token', 'validateToken', INVALID, 'token_invalid'],
  ] as const)('%s', async (_what, call, document, code) => {
    const { client } = clientAnswered(new Response(document));
    const { status, response_type_id } = JSON.parse(document) as { status: number; response_type_id: number };
    const error = await errorOf(CALLS[call](client));
    expect(error).toMatchObject({ code, httpStatus: 200, responseStatusId: status, responseTypeId: response_type_id });
  });
});

async function read(request: Request) {
  const { method, url } = request;
  return { method, url, headers: Object.fromEntries(request.headers), text: await request.text() };
}
