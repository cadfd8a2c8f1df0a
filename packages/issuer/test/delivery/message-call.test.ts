import { describe, expect, it } from 'vitest';
import type { IssuerAccount } from '@verified-mobile/issuer';
import { codeOf, fakeRoute, THROTTLED } from '../support/fake-route.ts';
import { BANK, issuerUnderTest, type IssuerUnderTest, OTP_URL, SHOP } from '../support/issuer-under-test.ts';

async function message(
  { request }: IssuerUnderTest,
  tid: unknown,
  account: IssuerAccount = SHOP,
  initiatorId = account.initiatorId,
): Promise<string> {
  const url = `${OTP_URL}/messages/${String(tid)}?initiator_id=${initiatorId}`;
  return (await request('GET', url, undefined, account)).text();
}

const UNKNOWN =
  '{"status":1,"response_status_id":1,"response_type_id":-1,' +
  '"message":"No OTP of this account has this tid, or its SMS was sent more than 24 hours ago."}';

describe('GET …/otp/messages/<tid>', () => {
  it('says what became of an SMS, member for member', async () => {
    const route = fakeRoute('first');
    const issuer = issuerUnderTest({ routes: [route] });
    const { data } = await issuer.send({ client_ref_id: 'payout-1' });
    issuer.clock.now += 1_500;
    route.receipt({ messageId: `first-${route.sent[0]?.challengeId}`, status: 'undelivered', operatorCode: '27' });
    await expect.poll(() => issuer.events.at(-1)?.kind).toBe('receipt');
    expect(JSON.parse(await message(issuer, data?.['tid']))).toEqual({
      status: 0,
      response_status_id: 0,
      response_type_id: -1,
      message: 'Message',
      data: {
        tid: data?.['tid'],
        initiator_id: SHOP.initiatorId,
        client_ref_id: 'payout-1',
        mobile: '+9190******68',
        state: 'accepted',
        route: 'first',
        message_id: `first-${route.sent[0]?.challengeId}`,
        operator_code: '27',
        receipt: 'undelivered',
        queued_at: '2026-05-22T10:29:04.250Z',
        handed_over_at: '2026-05-22T10:29:04.250Z',
        ended_at: '2026-05-22T10:29:04.250Z',
        receipt_at: '2026-05-22T10:29:05.750Z',
        expires_at: '2026-05-22T10:34:04.250Z',
      },
    });
  });

  it('says so of one that waits, and of one that was refused', async () => {
    const route = fakeRoute('first');
    const issuer = issuerUnderTest({ routes: [route], smsTimeoutMs: 20, onFault: () => {} });
    route.answer = () => THROTTLED;
    const { data } = await issuer.send();
    expect(JSON.parse(await message(issuer, data?.['tid']))).toMatchObject({ data: { state: 'queued' } });
    const refusing = fakeRoute('first');
    const other = issuerUnderTest({ routes: [refusing], onFault: () => {} });
    refusing.answer = () => ({ outcome: 'refused', reason: 'message', operatorCode: '633' });
    await other.send();
    const tid = other.events.at(-1)?.tid;
    expect(JSON.parse(await message(other, tid))).toMatchObject({ data: { state: 'refused', operator_code: '633' } });
  });

  it('holds neither the code, nor the text, nor the whole mobile', async () => {
    const route = fakeRoute('first');
    const issuer = issuerUnderTest({ routes: [route] });
    const { data } = await issuer.send({ client_ref_id: 'to-9002336768' });
    const text = await message(issuer, data?.['tid']);
    expect(text).not.toContain(codeOf(route));
    expect(text).not.toMatch(/9002336768|is the OTP/);
  });

  it('answers one account nothing of the other, and no tid that nobody has', async () => {
    const issuer = issuerUnderTest();
    const { data } = await issuer.send();
    expect(await message(issuer, data?.['tid'], BANK)).toBe(UNKNOWN);
    expect(await message(issuer, '1000000000')).toBe(UNKNOWN);
    expect(await message(issuer, 'x'.repeat(300))).toBe(UNKNOWN);
  });

  it('is for the account that names itself, and signs', async () => {
    const issuer = issuerUnderTest();
    const { data } = await issuer.send();
    expect(JSON.parse(await message(issuer, data?.['tid'], SHOP, BANK.initiatorId))).toMatchObject({ status: 463 });
    const unsigned = new Request(`${OTP_URL}/messages/${String(data?.['tid'])}?initiator_id=${SHOP.initiatorId}`);
    expect((await issuer.fetch(unsigned)).status).toBe(403);
    expect((await issuer.request('POST', `${OTP_URL}/messages/1000000000`, {})).status).toBe(405);
  });
});
