/** The issuer over the route: the customer's code, from Send OTP to the SMSC. */
import { createOtpClient } from '@verified-mobile/client';
import { createIssuer, generateSigningKey, type IssuerAccount } from '@verified-mobile/issuer';
import { refuse, STATUS } from '@verified-mobile/test-support/smsc-script';
import { userDataOf } from '@verified-mobile/test-support/smpp-pdu';
import { expect, it } from 'vitest';
import { stage } from './stage.ts';

const ACCOUNT: IssuerAccount = {
  id: 'eko',
  developerKey: 'developer-key',
  accessKeys: ['access-key-of-the-test'],
  initiatorId: '9962981729',
  audience: 'payouts',
  senderSignature: 'Eko India',
};
const CUSTOMER = { mobile: '9002336768', cspId: '9002336768' };

it('sends a code, which the customer verifies; one that is refused is no code', async () => {
  const { smsc, route } = await stage();
  const faults: unknown[] = [];
  const issuer = createIssuer({
    issuer: 'http://issuer.test',
    accounts: [ACCOUNT],
    signingKeys: [generateSigningKey()],
    peppers: [Buffer.alloc(32, 'pepper')],
    sendSms: route.send,
    onFault: (fault) => void faults.push(fault.error),
  });
  const client = createOtpClient({
    developerKey: ACCOUNT.developerKey,
    accessKey: ACCOUNT.accessKeys[0]!,
    initiatorId: ACCOUNT.initiatorId,
    baseUrl: 'http://127.0.0.1/ekoapi/v3',
    fetch: async (request) => issuer.fetch(request),
  });
  smsc.follow({ submit: () => refuse(STATUS.invalidDestination) });
  await expect(client.sendOtp({ ...CUSTOMER, mobile: '9112336768' })).rejects.toThrow('no OTP was sent');
  expect(String(faults)).toContain('The provider refused the SMS (message, code ESME_RINVDSTADR).');
  smsc.follow({});
  await client.sendOtp(CUSTOMER);
  const [submit] = smsc.submits.slice(1);
  const text = userDataOf(submit!).text.toString('latin1');
  expect(text).toMatch(/^\d{6} is the OTP to verify your mobile number\.\n- Eko India$/);
  expect(submit?.fields).toMatchObject({ destination_addr: '919002336768', data_coding: 0 });
  expect(await client.verifyOtp({ mobile: CUSTOMER.mobile, otp: text.slice(0, 6) })).toMatchObject({
    mobile: `+91${CUSTOMER.mobile}`,
  });
  await issuer.close();
});
