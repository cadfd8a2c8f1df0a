import { describe, expect, it } from 'vitest';
import { CALLS, clientAnswered, errorOf, MOBILE, NOW, OTP, TOKEN } from './support.ts';

const envelope = (members: object): string =>
  JSON.stringify({ status: 0, response_status_id: 0, response_type_id: 1633, message: 'ok', ...members });
const GOOD = { client_ref_id: '1', otp_verification_token: TOKEN, mobile: MOBILE, tid: '2' };
const success = (data: unknown, response_type_id = 1633): string => envelope({ response_type_id, data });

describe('a refusal in the envelope', () => {
  it.each([
    ['sendOtp', { status: 1, response_status_id: 1, response_type_id: 1623 }, 'otp_not_sent'],
    ['sendOtp', { status: 347, response_status_id: 347, response_type_id: 1623 }, 'insufficient_balance'],
    ['sendOtp', { status: 463, response_status_id: 463, response_type_id: 1623 }, 'user_not_found'],
    ['verifyOtp', { status: 1, response_status_id: 1, response_type_id: 1632 }, 'otp_rejected'],
    ['verifyOtp', { status: 302, response_status_id: 302, response_type_id: 1632 }, 'otp_wrong'],
    ['verifyOtp', { status: 303, response_status_id: 303, response_type_id: 1632 }, 'otp_expired'],
    ['validateToken', { status: 1, response_status_id: 1, response_type_id: 1634 }, 'token_invalid'],
    ['validateToken', { status: 1, response_status_id: 1, response_type_id: 999 }, 'refused'],
    ['validateToken', { status: 0, response_status_id: 999, response_type_id: 999 }, 'refused'],
    ['validateToken', { status: 1, response_status_id: 0, response_type_id: 1634 }, 'token_invalid'],
  ] as const)('of %s, %j, is %s', async (call, members, code) => {
    const error = await errorOf(CALLS[call](clientAnswered(envelope(members)).client));
    expect(error.code).toBe(code);
    expect(error.message).toMatch(/\. /);
  });

  it('with status 1 in place of 0 is never a success, even with the type and data of one', async () => {
    const error = await errorOf(
      CALLS.validateToken(clientAnswered(envelope({ status: 1, response_status_id: 1, data: GOOD })).client),
    );
    expect(error.code).toBe('refused');
  });

  it('is quoted without what it echoes of keys, tokens, OTPs and mobiles', async () => {
    const message = `otp_verification_token ${TOKEN} of ${MOBILE} (90023 36768) with ${OTP} and dev-key-LEAK is ९००२३३६७६८, not eyJhbGciOiJub25lIn0.LEAK.a or key-LEAK-of-some-other-account`;
    const members = { status: 1, response_status_id: 1, response_type_id: 1634, message };
    const error = await errorOf(CALLS.validateToken(clientAnswered(envelope(members)).client));
    expect(error.message).toContain(
      'The API says: "otp_verification_token … of … (… …) with … and … is …, not … or …"',
    );
  });

  it('of a send that comes too soon is told from one that was not delivered, and says how long to wait', async () => {
    const text = envelope({ status: 1, response_status_id: 1, response_type_id: 1623, message: 'Wait.' });
    for (const status of [200, 429]) {
      const answer = new Response(text, { status, headers: { 'retry-after': '30' } });
      const error = await errorOf(CALLS.sendOtp(clientAnswered(answer).client));
      expect(error).toMatchObject({ code: 'otp_wait', httpStatus: status, retryAfterSeconds: 30 });
    }
    const unsaid = await errorOf(CALLS.sendOtp(clientAnswered(new Response(text, { status: 429 })).client));
    expect(unsaid).toMatchObject({ code: 'otp_wait', retryAfterSeconds: undefined });
  });

  it('of anything but a send is no wait, whatever its headers say', async () => {
    const text = envelope({ status: 1, response_status_id: 1, response_type_id: 1632 });
    const answer = new Response(text, { headers: { 'retry-after': '30' } });
    expect((await errorOf(CALLS.verifyOtp(clientAnswered(answer).client))).code).toBe('otp_rejected');
  });
});

describe('what is not the API', () => {
  it.each<[string, string | Response, string]>([
    ['HTML', new Response('<html>Sign in, LEAK</html>'), 'HTML, not JSON'],
    ['truncated JSON', new Response(`{"status":0,"message":"LEAK ${TOKEN}`), 'broken or truncated JSON'],
    ['nothing', new Response(null), 'an empty body'],
    ['another JSON', new Response('{"ok":"LEAK"}'), 'JSON that is not the envelope'],
    ['a list', new Response('[]'), 'JSON that is not the envelope'],
    ['status as text', envelope({ status: '0' }), 'JSON that is not the envelope'],
    ['no data', success(undefined), 'without its data'],
    ['data null', success(null), 'without its data'],
    ['data a list', success([]), 'without its data'],
    ['data as text', success('LEAK'), 'without its data'],
    ['no token', success({ ...GOOD, otp_verification_token: undefined }), 'data.otp_verification_token is missing'],
    ['a number for a token', success({ ...GOOD, otp_verification_token: 5 }), 'data.otp_verification_token is no text'],
    ['an empty tid', success({ ...GOOD, tid: '' }), 'data.tid is no text'],
    ['a number for a reference', success({ ...GOOD, client_ref_id: 5 }), 'data.client_ref_id is no text'],
    ['a mobile of nine digits', success({ ...GOOD, mobile: '900233676' }), 'data.mobile is no mobile'],
    ['the answer of another call', success(GOOD, 1632), 'a success of type 1632, where 1633 was due'],
    ['HTTP 404', new Response('LEAK', { status: 404 }), 'HTTP 404'],
    ['HTTP 405', new Response('LEAK', { status: 405 }), 'HTTP 405'],
    ['HTTP 415', new Response('LEAK', { status: 415 }), 'HTTP 415'],
  ])('%s', async (_what, answer, told) => {
    const error = await errorOf(CALLS.validateToken(clientAnswered(answer).client));
    expect(error.code).toBe('unexpected_answer');
    expect(error.message).toContain(told);
    expect(error.message).toContain('Check that baseUrl');
  });

  it('tells whether an OTP may be on its way or used up', async () => {
    const { client } = clientAnswered(() => new Response('<html>'));
    expect((await errorOf(CALLS.sendOtp(client))).message).toContain('An SMS may have been sent');
    expect((await errorOf(CALLS.verifyOtp(client))).message).toContain('The OTP may be used up');
  });

  it('an expiry that is no date in IST', async () => {
    const { client } = clientAnswered(success({ tid: '1', otp_expiry_timestamp: '2026-05-22T10:34:04Z' }, 1623));
    expect((await errorOf(CALLS.sendOtp(client))).message).toContain('data.otp_expiry_timestamp is no date in IST');
  });
});

describe('an answer about something else', () => {
  it('another token is not valid, however good', async () => {
    const { client } = clientAnswered(success({ ...GOOD, otp_verification_token: `${TOKEN}x` }));
    expect((await errorOf(CALLS.validateToken(client))).code).toBe('token_invalid');
  });

  it('another mobile is not verified', async () => {
    const { client } = clientAnswered(success({ ...GOOD, mobile: '9876543210' }, 1632));
    expect((await errorOf(CALLS.verifyOtp(client))).message).toContain('a success about another mobile');
  });
});

describe('HTTP 403', () => {
  const refusedWith = async (message: string | undefined, date: number | undefined, messageSignature = false) => {
    const headers = date === undefined ? {} : { date: new Date(date).toUTCString() };
    const body = message === undefined ? '<html>LEAK</html>' : envelope({ status: 1, response_type_id: -1, message });
    const { client } = clientAnswered(new Response(body, { status: 403, headers }), { messageSignature });
    const error = await errorOf(CALLS.validateToken(client));
    expect(error).toMatchObject({ code: 'forbidden', httpStatus: 403 });
    return error.message;
  };

  it('of a sandbox key on production names the environment', async () => {
    expect(await refusedWith('Kindly use your production key', NOW)).toMatch(
      /^Validate Token: HTTP 403 from otp\.test\. The keys are not those of otp\.test: it wants production keys\. Give/,
    );
  });

  it.each([
    [-3_600_000, '60 min ahead of'],
    [3_600_000, '60 min behind'],
  ])('with a clock that is off by %i ms names the clock', async (offMs, told) => {
    expect(await refusedWith('Forbidden', NOW + offMs)).toContain(`This machine's clock is ${told} the server's`);
  });

  it('of a timestamp that the server calls off names the clock, even if no date says by how much', async () => {
    const said = "secret-key-timestamp is more than 300 seconds from this server's time.";
    expect(await refusedWith(said, undefined)).toContain("This machine's clock is not the server's");
  });

  it('does not blame a clock that is off by a minute', async () => {
    expect(await refusedWith('Forbidden', NOW + 60_000)).toContain('Look for the cause in this order');
    expect(await refusedWith('Forbidden', NOW + 61_000)).toContain("This machine's clock");
  });

  it('of a header that a proxy dropped names the header', async () => {
    expect(await refusedWith('The header developer_key is missing.', NOW)).toContain('underscores_in_headers on');
  });

  it.each(['secret-key-nonce', 'secret-key-signature'])(
    'of a missing %s names the option, or the proxy',
    async (header) => {
      const said = `The header ${header} is missing.`;
      expect(await refusedWith(said, NOW)).toContain('Create the client with messageSignature: true.');
      expect(await refusedWith(said, NOW, true)).toContain(`The header ${header} was sent and did not arrive`);
    },
  );

  it.each([
    ['secret-key-signature is wrong.', 'a proxy on the way changed path, query or body'],
    ['This message signature was used before.', 'something on the way repeats requests'],
    ['This message signature may have been used before.', 'Nothing took effect: call again.'],
  ])('that says "%s" names what to do', async (said, told) => {
    expect(await refusedWith(said, NOW, true)).toContain(told);
  });

  it.each([undefined, NOW])('of wrong keys lists the causes, the likeliest first', async (date) => {
    expect(await refusedWith('developer_key or secret-key is wrong.', date)).toMatch(
      /\(1\) .*allow-list; \(2\) .*not active.*; \(3\) .*another environment.*; \(4\) .*proxy.*; \(5\) accessKey/,
    );
  });

  it('that is not in the form of the API says what that speaks for', async () => {
    expect(await refusedWith(undefined, undefined)).toContain('not in the form of the API, which speaks for (1)');
  });
});
