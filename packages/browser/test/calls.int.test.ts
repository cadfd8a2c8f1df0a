import { expect, it } from 'vitest';
import { customerOf } from './support/customer.ts';
import { OTP, problem } from './support/desk.ts';
import { describeInChromium } from './support/open-pages.ts';

describeInChromium("the calls to the app's own back end", ({ desk, open }) => {
  it('say what is about to be sent', async () => {
    const customer = customerOf(await open());
    await customer.pay();
    await customer.enter(OTP);
    await customer.outcome.getByText('201').waitFor();
    const bodies = ['/otp', '/otp/verify'].map((path) => JSON.parse(desk().receivedAt(path)[0]!.body) as unknown);
    const transaction = { amount: 2500, payee: 'Asha Traders' };
    expect(bodies).toEqual([{ transaction }, { otp: OTP, transaction }]);
  });

  it('say nothing of a body that is not JSON, and go where they are told to', async () => {
    const page = await open();
    desk().answer('/api/otp', () => ({ status: 200, body: { expiresAt: Date.now() + 300_000, mobile: '******6768' } }));
    desk().answer('/transfers', () => ({
      status: 401,
      headers: { 'content-type': 'application/problem+json' },
      body: { action: 'verify_mobile' },
    }));
    const call = page.evaluate(async () =>
      kit.withMobileProof(fetch, { otpUrl: '/api/otp' })('/transfers', { method: 'POST', body: 'a=1' }).catch(String),
    );
    await page.getByText('Sent by SMS').waitFor();
    expect(
      desk()
        .receivedAt('/api/otp')
        .map(({ body }) => body),
    ).toEqual(['{}']);
    await page.getByRole('button', { name: 'Cancel' }).click();
    expect(await call).toBe('AbortError: The request was not approved.');
  });

  it('have a deadline, and say so', async () => {
    const page = await open();
    desk().answer('/otp', async () => new Promise(() => undefined), 1);
    const status = page.evaluate(async () => {
      const response = await kit.withMobileProof(fetch, { timeoutMs: 300 })('/payouts', { method: 'POST', body: '{}' });
      return response.status;
    });
    const customer = customerOf(page);
    await customer.alert.getByText('No answer. Check your connection').waitFor();
    await customer.resend.click();
    await page.getByText('Sent by SMS').waitFor();
    await customer.enter(OTP);
    expect(await status).toBe(201);
  });

  it('have it even if the wrapped fetch heeds no signal', async () => {
    const page = await open();
    const code = await page.evaluate(async () => {
      const hangs: typeof fetch = async (input, init) =>
        input instanceof Request ? fetch(input, init) : new Promise(() => undefined);
      let said = '';
      const askForOtp = async ({ send }: { send: () => Promise<unknown> }): Promise<void> => {
        await send().catch((error: { code: string }) => (said = error.code));
      };
      const failure = await kit
        .withMobileProof(hangs, { timeoutMs: 50, askForOtp })('/payouts', { method: 'POST', body: '{}' })
        .catch(String);
      return [said, failure];
    });
    expect(code).toEqual(['no_answer', 'AbortError: The request was not approved.']);
  });

  it('say that there is no connection', async () => {
    const page = await open();
    await page.route('**/otp', async (route) => route.abort());
    await page.getByRole('button', { name: 'Pay 2,500' }).click();
    await expect.poll(async () => customerOf(page).alert.textContent()).toContain('No answer. Check your connection');
  });

  it.each([{}, { otpVerificationToken: '' }, 'null', '<h1>'])('take no other answer for a token: %j', async (body) => {
    const customer = customerOf(await open());
    desk().answer('/otp/verify', () => ({ status: 200, body }));
    await customer.pay();
    await customer.enter(OTP);
    await customer.alert.getByText('That did not work').waitFor();
    expect(desk().receivedAt('/payouts')).toHaveLength(1);
  });

  it.each([{}, 'null', '<h1>'])('take no other answer for a sent OTP: %j', async (body) => {
    const page = await open();
    const customer = customerOf(page);
    desk().answer('/otp', () => ({ status: 200, body }));
    await page.getByRole('button', { name: 'Pay 2,500' }).click();
    await customer.alert.getByText('That did not work').waitFor();
    expect(await customer.status.textContent()).toBe('');
  });

  it('hand the OTP to no other address', async () => {
    const customer = customerOf(await open());
    desk().answer('/otp/verify', () => ({ status: 307, headers: { location: '/elsewhere' } }));
    await customer.pay();
    await customer.enter(OTP);
    await customer.alert.getByText('No answer').waitFor();
    expect(desk().receivedAt('/elsewhere')).toEqual([]);
  });
});

describeInChromium("a page's own way to ask", ({ desk, open }) => {
  it('sends and verifies, is told what is wrong, and never sees the token', async () => {
    const page = await open();
    const result = await page.evaluate(async (otp) => {
      const seen: unknown[] = [];
      const pay = kit.withMobileProof(fetch, {
        askForOtp: async ({ send, verify }) => {
          seen.push(await send());
          seen.push(await verify('111111').catch((error: unknown) => error instanceof kit.OtpError && error.code));
          seen.push(await verify(otp));
        },
      });
      const response = await pay('/payouts', { method: 'POST', body: '{"amount":1,"payee":"Asha"}' });
      return { status: response.status, seen };
    }, OTP);
    const sent = {
      resendAfterSeconds: 30,
      mobile: '******6768',
      approving: { amount: '1', payee: 'Asha', currency: 'INR' },
    };
    expect(result).toEqual({
      status: 201,
      seen: [{ ...sent, expiresAt: expect.any(Number) as number }, 'otp_wrong', undefined],
    });
  });

  it('learns how long to wait', async () => {
    const page = await open();
    desk().answer('/otp', () => problem(429, 'otp_wait', { 'retry-after': '120' }));
    const error = await page.evaluate(async () => {
      const askForOtp: NonNullable<Parameters<typeof kit.withMobileProof>[1]>['askForOtp'] = async ({ send }) =>
        void (await send());
      return kit
        .withMobileProof(fetch, { askForOtp })('/payouts', { method: 'POST', body: '{}' })
        .catch((caught: object) => ({ ...caught }));
    });
    expect(error).toEqual({ name: 'OtpError', code: 'otp_wait', retryAfterSeconds: 120 });
  });
});
