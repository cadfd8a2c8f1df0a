import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { customerOf } from './support/customer.ts';
import { OTP, problem } from './support/desk.ts';
import { describeInChromium } from './support/open-pages.ts';

describeInChromium('a customer who pays', ({ desk, open }) => {
  it('needs no mouse', async () => {
    const page = await open();
    const customer = customerOf(page);
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await customer.status.getByText('Sent by SMS to ******6768').waitFor();
    await page.keyboard.type(OTP);
    await page.keyboard.press('Enter');
    await customer.outcome.getByText('201 {"paid":{"amount":2500,"payee":"Asha Traders"}}').waitFor();
    expect(await customer.dialog.count()).toBe(0);
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('pay');
  });

  it('goes through the dialog by Tab and never leaves it', async () => {
    const page = await open();
    const customer = customerOf(page);
    await customer.pay();
    const focused = async (): Promise<string> =>
      page.evaluate(() => document.querySelector('otp-input')?.shadowRoot?.activeElement?.id ?? 'elsewhere');
    const stops = [await focused()];
    for (let stop = 1; stop <= 4; stop += 1) {
      await page.keyboard.press('Tab');
      stops.push(await focused());
    }
    expect(stops.slice(0, 4)).toEqual(['input', 'resend', 'approve', 'cancel']);
    await page.keyboard.press('Shift+Tab');
    await page.keyboard.press('Escape');
    await customer.outcome.getByText('AbortError').waitFor();
  });

  it('sees amount and payee beside the field, and hears them with it', async () => {
    const page = await open();
    const customer = customerOf(page);
    await customer.pay();
    expect(await customer.dialog.getByRole('definition').allTextContents()).toEqual(['₹2,500.00', 'Asha Traders']);
    expect(await descriptionOf(page, 'textbox')).toBe('Amount ₹2,500.00 To Asha Traders Sent by SMS to ******6768');
  });

  it('is told in words that the OTP is wrong, and types over it', async () => {
    const page = await open();
    const customer = customerOf(page);
    await customer.pay();
    await customer.enter('111111');
    await customer.alert.getByText('This OTP is wrong').waitFor();
    await expect.poll(async () => customer.field.getAttribute('aria-invalid')).toBe('true');
    await page.keyboard.type('1');
    expect(await customer.field.inputValue()).toBe('1');
    expect(await customer.alert.textContent()).toBe('');
    expect(await customer.field.getAttribute('aria-invalid')).toBe('false');
    await customer.enter(OTP);
    await customer.outcome.getByText('201').waitFor();
  });

  it('is back in the field when the OTP was wrong, also in browsers where selecting a text does not focus', async () => {
    const page = await open({}, async (opening) => {
      await opening.addInitScript(() => {
        HTMLInputElement.prototype.select = () => undefined;
      });
    });
    const customer = customerOf(page);
    await customer.pay();
    await customer.enter('111111');
    await customer.alert.getByText('This OTP is wrong').waitFor();
    await expect.poll(async () => customer.field.evaluate((input) => input.matches(':focus'))).toBe(true);
  });

  it('pays once, however fast they press', async () => {
    const page = await open();
    const customer = customerOf(page);
    await customer.pay();
    await customer.field.fill(OTP);
    await customer.approve.dblclick();
    await customer.outcome.getByText('201').waitFor();
    expect(desk().receivedAt('/otp/verify')).toHaveLength(1);
    expect(
      desk()
        .receivedAt('/payouts')
        .map(({ headers }) => 'otp-verification-token' in headers),
    ).toEqual([false, true]);
  });

  it('sends nothing with fewer than six digits', async () => {
    const customer = customerOf(await open());
    await customer.pay();
    await customer.enter('12345');
    await customer.alert.getByText('Enter the 6 digits from the SMS.').waitFor();
    expect(desk().receivedAt('/otp/verify')).toEqual([]);
  });

  it.each(['Cancel', 'Escape'])('leaves by %s, and the caller gets an AbortError', async (way) => {
    const page = await open();
    const customer = customerOf(page);
    await customer.pay();
    if (way === 'Cancel') await customer.cancel.click();
    else await page.keyboard.press(way);
    await customer.outcome.getByText('AbortError').waitFor();
    expect(await page.locator('otp-input').count()).toBe(0);
    expect(desk().receivedAt('/payouts')).toHaveLength(1);
  });

  it('leaves while an answer is awaited', async () => {
    const customer = customerOf(await open());
    await customer.pay();
    desk().answer('/otp/verify', async () => new Promise(() => undefined));
    await customer.enter(OTP);
    await customer.status.getByText('One moment').waitFor();
    await customer.cancel.click();
    await customer.outcome.getByText('AbortError').waitFor();
    expect(desk().receivedAt('/payouts')).toHaveLength(1);
  });

  it('asks for one new OTP, however fast they press', async () => {
    const page = await open({}, async (opening) => opening.clock.install());
    const customer = customerOf(page);
    await customer.pay();
    await page.clock.fastForward(31_000);
    await customer.resend.getByText(/^Send a new OTP$/).waitFor();
    desk().answer('/otp', async () => new Promise(() => undefined));
    await customer.resend.dblclick();
    await expect.poll(() => desk().receivedAt('/otp').length).toBe(2);
    // What was sent before this has arrived before it.
    await page.evaluate(async () => void (await fetch('/otp/verify', { method: 'POST', body: '{}' })));
    expect(desk().receivedAt('/otp')).toHaveLength(2);
  });

  it('keeps the dialog if the page renders its body anew', async () => {
    const page = await open();
    const status = page.evaluate(
      async () => (await kit.withMobileProof(fetch)('/payouts', { method: 'POST', body: '{}' })).status,
    );
    await page.getByText('Sent by SMS').waitFor();
    await page.evaluate(() => document.body.replaceWith(document.createElement('body')));
    await customerOf(page).enter(OTP);
    expect(await status).toBe(201);
  });

  it('sees a payee with markup as text', async () => {
    const payee = '<img src=x onerror="document.title=1">{time}‮gnp.exe';
    desk().answer('/otp', () => ({
      status: 200,
      body: {
        expiresAt: Date.now() + 300_000,
        resendAfterSeconds: 30,
        approving: { amount: '<b>1</b>', payee },
        mobile: '<i>$&',
      },
    }));
    const page = await open();
    const customer = customerOf(page);
    await customer.pay();
    expect(await customer.dialog.getByRole('definition').allTextContents()).toEqual(['<b>1</b>', payee]);
    expect(await customer.status.textContent()).toBe('Sent by SMS to <i>$&');
    expect(await page.locator('otp-input').locator('img, b, i').count()).toBe(0);
    // Writing from right to left stays within its own line.
    expect(
      await customer.dialog
        .getByRole('definition')
        .last()
        .evaluate((line) => getComputedStyle(line).unicodeBidi),
    ).toBe('isolate');
  });

  it.each([
    ['otp_wait', 429, 'Too many attempts'],
    ['otp_not_delivered', 502, 'The SMS was not delivered'],
    ['otp_unavailable', 503, 'No OTP can be sent now'],
    ['otp_expired', 400, 'This OTP has expired'],
    ['login_required', 401, 'You are signed out'],
    ['too_many_requests', 429, 'Too many attempts'],
    ['maintenance', 503, 'No OTP can be sent now'],
    ['cross_site', 403, 'That did not work'],
    ['title', 500, 'That did not work'],
  ])('is told in words of %s', async (code, status, words) => {
    desk().answer('/otp', () => problem(status, code));
    const page = await open();
    const customer = customerOf(page);
    await page.getByRole('button', { name: 'Pay 2,500' }).click();
    await expect.poll(async () => customer.alert.textContent()).toContain(words);
  });
});

/** What a screen reader says after the name. */
async function descriptionOf(page: Page, role: string): Promise<string> {
  const session = await page.context().newCDPSession(page);
  const { nodes } = await session.send('Accessibility.getFullAXTree');
  return String(nodes.find((node) => node.role?.value === role)?.description?.value);
}
