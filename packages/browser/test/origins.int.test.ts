import { afterEach, beforeEach, expect, it } from 'vitest';
import { customerOf } from './support/customer.ts';
import { type Answer, type Desk, openDesk, OTP } from './support/desk.ts';
import { describeInChromium } from './support/open-pages.ts';

describeInChromium(
  'a request to another origin',
  ({ desk, open }) => {
    let other: Desk;
    beforeEach(async () => {
      other = await openDesk();
      other.answer('/payouts', ({ method, headers }) => {
        const cors = {
          'access-control-allow-origin': desk().origin,
          'access-control-allow-headers': 'idempotency-key, otp-verification-token',
        };
        if (method === 'OPTIONS') return { status: 204, headers: cors };
        if ('otp-verification-token' in headers) return { status: 201, headers: cors, body: 'paid' };
        const refusal: Answer = { status: 401, body: { action: 'verify_mobile' } };
        return { ...refusal, headers: { ...cors, 'content-type': 'application/problem+json' } };
      });
    });
    afterEach(() => other.close());

    it('is nobody to hand a token to: its 401 is handed on, and nothing is added to the request', async () => {
      const page = await open();
      const status = await page.evaluate(
        async (url) => (await kit.withMobileProof(fetch)(url, { method: 'POST' })).status,
        `${other.origin}/payouts`,
      );
      expect(status).toBe(401);
      expect(desk().received).toEqual([]);
      expect(other.received.map(({ method, headers }) => [method, headers['idempotency-key']])).toEqual([
        ['POST', undefined],
      ]);
    });

    it('to send and verify OTPs has the cookies', async () => {
      const page = await open();
      const cors = {
        'access-control-allow-origin': desk().origin,
        'access-control-allow-credentials': 'true',
        'access-control-allow-headers': 'content-type',
      };
      const cookies: unknown[] = [];
      other.answer('/otp', ({ method, headers }) => {
        if (method === 'POST') cookies.push(headers.cookie);
        return {
          status: 200,
          headers: cors,
          body: { expiresAt: Date.now() + 300_000, resendAfterSeconds: 0, mobile: '' },
        };
      });
      await page.evaluate((otpUrl) => {
        document.cookie = 'session=1';
        void kit
          .withMobileProof(fetch, { otpUrl })('/payouts', { method: 'POST', body: '{}' })
          .catch(() => undefined);
      }, `${other.origin}/otp`);
      await page.getByText('Sent by SMS').waitFor();
      expect(cookies).toEqual(['session=1']);
    });

    it('is proved like any, if the page says so', async () => {
      const page = await open();
      const status = page.evaluate(
        async (origin) =>
          (await kit.withMobileProof(fetch, { origins: [origin] })(`${origin}/payouts`, { method: 'POST' })).status,
        other.origin,
      );
      await page.getByText('Sent by SMS').waitFor();
      await customerOf(page).enter(OTP);
      expect(await status).toBe(201);
      expect(desk().receivedAt('/otp/verify')).toHaveLength(1);
    });
  },
  { policy: '' },
);
