import { expect, it } from 'vitest';
import { issuerUnderTest, VERIFY_URL } from './support/issuer-under-test.ts';

it('answers as documented, member for member', async () => {
  const issuer = issuerUnderTest();
  await issuer.send();
  const text = await issuer.verifyText(issuer.newestCode());
  const [, token] = /"otp_verification_token":"([^"]+)"/.exec(text) ?? [];
  const [, tid] = /"tid":"([1-9][0-9]{9})"/.exec(text) ?? [];
  expect(text).toBe(
    '{"status":0,"response_status_id":0,"response_type_id":1632,"message":"OTP verification successful.","data":{' +
      `"client_ref_id":"211101129871","otp_verification_token":"${token}","initiator_id":"1234567891",` +
      `"mobile":"9002336768","tid":"${tid}"}}`,
  );
});

it('answers the refusals with the same status and headers', async () => {
  const issuer = issuerUnderTest();
  const body = { initiator_id: '1234567891', otp: '123456', mobile: '9002336768' };
  const headersOf = async (otp: string): Promise<unknown[]> => {
    const response = await issuer.request('PUT', VERIFY_URL, { ...body, otp });
    return [response.status, ...[...response.headers].filter(([name]) => name !== 'x-request-id')];
  };
  const neverSent = await headersOf('123456');
  await issuer.send();
  expect(neverSent[0]).toBe(200);
  expect(await headersOf(issuer.wrongCode())).toEqual(neverSent);
});

it('does not count an attempt that cannot be a code', async () => {
  const issuer = issuerUnderTest();
  await issuer.send();
  for (let attempt = 0; attempt < 10; attempt += 1) await issuer.verify({ otp: '1234' });
  expect((await issuer.verify()).status).toBe(0);
});
