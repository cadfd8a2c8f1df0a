import { signedHeaders } from '@verified-mobile/client';
import { expect, it } from 'vitest';
import {
  issuerUnderTest,
  OTP_URL,
  sendBody,
  SHOP,
  START,
  VALIDATE_URL,
  VERIFY_URL,
} from './support/issuer-under-test.ts';

const TEN_DIGITS = 'must be a string of ten digits.';
const INDIAN_MOBILE = 'must be a string with an Indian mobile: ten digits, the first from 6 to 9.';
const SESSION_ID = 'must be a string of 1 to 128 printable ASCII characters without blanks.';
const SIX_DIGITS = 'must be a string of 6 digits.';

it.each<[string, object, string]>([
  ['no initiator_id', { initiator_id: undefined }, `initiator_id is missing: it ${TEN_DIGITS}`],
  ['initiator_id a number', { initiator_id: 1234567891 }, `initiator_id ${TEN_DIGITS}`],
  ['initiator_id of nine digits', { initiator_id: '123456789' }, `initiator_id ${TEN_DIGITS}`],
  ['initiator_id of eleven digits', { initiator_id: '12345678911' }, `initiator_id ${TEN_DIGITS}`],
  ['initiator_id in other digits', { initiator_id: '١٢٣٤٥٦٧٨٩١' }, `initiator_id ${TEN_DIGITS}`],
  ['no csp_id', { csp_id: undefined }, `csp_id is missing: it ${TEN_DIGITS}`],
  ['csp_id null', { csp_id: null }, `csp_id ${TEN_DIGITS}`],
  ['no mobile', { mobile: undefined }, `mobile is missing: it ${INDIAN_MOBILE}`],
  ['a mobile that begins with 5', { mobile: '5002336768' }, `mobile ${INDIAN_MOBILE}`],
  ['a mobile of another country', { mobile: '+14155550123' }, `mobile ${INDIAN_MOBILE}`],
  ['a mobile in a list', { mobile: ['9002336768'] }, `mobile ${INDIAN_MOBILE}`],
  [
    'client_ref_id empty',
    { client_ref_id: '' },
    'client_ref_id must be a string of 1 to 64 printable ASCII characters.',
  ],
  [
    'client_ref_id too long',
    { client_ref_id: 'x'.repeat(65) },
    'client_ref_id must be a string of 1 to 64 printable ASCII characters.',
  ],
  [
    'client_ref_id with a line feed',
    { client_ref_id: 'a\n' },
    'client_ref_id must be a string of 1 to 64 printable ASCII characters.',
  ],
  ['session_id empty', { session_id: '' }, `session_id ${SESSION_ID}`],
  ['session_id with a blank', { session_id: 'a b' }, `session_id ${SESSION_ID}`],
  ['session_id too long', { session_id: 'x'.repeat(129) }, `session_id ${SESSION_ID}`],
])('Send names the field: %s', async (_, changes, message) => {
  const issuer = issuerUnderTest();
  const response = await issuer.request('POST', OTP_URL, { ...sendBody(), ...changes });
  expect(response.status).toBe(200);
  expect(await response.text()).toBe(
    JSON.stringify({ status: 1, response_status_id: 1, response_type_id: 1623, message, data: {} }),
  );
  expect(issuer.sms).toEqual([]);
});

it.each<[string, object, string]>([
  ['no otp', { otp: undefined }, `otp is missing: it ${SIX_DIGITS}`],
  ['otp a number', { otp: 134021 }, `otp ${SIX_DIGITS}`],
  ['otp of four digits', { otp: '1340' }, `otp ${SIX_DIGITS}`],
  ['otp with a space', { otp: '134021 ' }, `otp ${SIX_DIGITS}`],
  ['otp with a line feed', { otp: '134021\n' }, `otp ${SIX_DIGITS}`],
  ['no mobile', { mobile: undefined }, `mobile is missing: it ${INDIAN_MOBILE}`],
  ['no initiator_id', { initiator_id: undefined }, `initiator_id is missing: it ${TEN_DIGITS}`],
  ['session_id a number', { session_id: 5 }, `session_id ${SESSION_ID}`],
])('Verify names the field: %s', async (_, changes, message) => {
  const body = { initiator_id: SHOP.initiatorId, otp: '134021', mobile: '9002336768', ...changes };
  const response = await issuerUnderTest().request('PUT', VERIFY_URL, body);
  expect(await response.text()).toBe(
    JSON.stringify({ status: 1, response_status_id: 1, response_type_id: 1632, message, data: {} }),
  );
});

it.each([
  ['?otp_verification_token=x', `initiator_id is missing: it ${TEN_DIGITS}`],
  ['?initiator_id=1&otp_verification_token=x', `initiator_id ${TEN_DIGITS}`],
  [
    '?initiator_id=1234567891',
    'otp_verification_token is missing: it must be the token that Verify OTP answered, at most 4096 characters.',
  ],
  [
    `?initiator_id=1234567891&otp_verification_token=${'x'.repeat(4097)}`,
    'otp_verification_token must be the token that Verify OTP answered, at most 4096 characters.',
  ],
  [
    '?initiator_id=1234567891&otp_verification_token=',
    'otp_verification_token must be the token that Verify OTP answered, at most 4096 characters.',
  ],
])('Validate names the field (%#)', async (query, message) => {
  const response = await issuerUnderTest().request('GET', VALIDATE_URL + query);
  expect(response.status).toBe(200);
  expect(await response.text()).toBe(
    JSON.stringify({ status: 1, response_status_id: 1, response_type_id: 1634, message }),
  );
});

it.each(['', 'x', '{', 'null', '[]', '"text"', '5'])('answers in the envelope to a body of %j', async (body) => {
  const headers = {
    'content-type': 'application/json',
    ...signedHeaders({ developerKey: SHOP.developerKey, accessKey: 'shop-access-key-1' }, START),
  };
  const response = await issuerUnderTest().fetch(new Request(OTP_URL, { method: 'POST', headers, body }));
  expect(response.status).toBe(200);
  expect(await response.text()).toBe(
    '{"status":1,"response_status_id":1,"response_type_id":1623,"message":"The body must be a JSON object.","data":{}}',
  );
});

it('does not take a field from the prototype of the body', async () => {
  const response = await issuerUnderTest().request(
    'POST',
    OTP_URL,
    JSON.parse(`{"__proto__":${JSON.stringify(sendBody())}}`),
  );
  expect(await response.text()).toContain('initiator_id is missing');
});

it('answers "user not found" to an initiator_id that is not the account\'s, in all three calls', async () => {
  const issuer = issuerUnderTest();
  const foreign = { initiator_id: '9962981729' };
  const message = 'User not found: initiator_id is not registered for this developer_key.';
  const answers = [
    await issuer.send(foreign),
    await issuer.verify({ ...foreign, otp: '134021' }),
    await (await issuer.request('GET', `${VALIDATE_URL}?initiator_id=9962981729&otp_verification_token=x`)).json(),
  ];
  expect(answers).toEqual([
    { status: 463, response_status_id: 463, response_type_id: 1623, message, data: {} },
    { status: 463, response_status_id: 463, response_type_id: 1632, message, data: {} },
    { status: 463, response_status_id: 463, response_type_id: 1634, message },
  ]);
  expect(issuer.sms).toEqual([]);
});

it('repeats no value that it refuses', async () => {
  const issuer = issuerUnderTest();
  const sent = JSON.stringify(await issuer.send({ mobile: '<secret>' }));
  const verified = JSON.stringify(await issuer.verify({ otp: '13402x' }));
  expect(sent + verified).not.toMatch(/secret|13402/);
});
