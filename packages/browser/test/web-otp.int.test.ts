import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { customerOf } from './support/customer.ts';
import { describeInChromium, type OpenPages } from './support/open-pages.ts';

interface Asked {
  readonly options: { readonly otp: unknown; readonly signal: AbortSignal };
  readonly give: (code: string) => void;
}

declare global {
  // Each call of `navigator.credentials.get`.
  var asked: Asked[];
}

/** In place of a telephone: Chromium waits for an SMS that only the test can send. */
async function stubCredentials(page: Page): Promise<void> {
  await page.clock.install({ time: Date.parse('2026-11-25T12:00:00Z') });
  await page.addInitScript(() => {
    globalThis.asked = [];
    Object.assign(globalThis, { OTPCredential: Object });
    const get = async (options: Asked['options']): Promise<unknown> =>
      new Promise((resolve, reject) => {
        asked.push({ options, give: (code) => resolve({ code }) });
        options.signal.addEventListener('abort', () => reject(options.signal.reason as Error));
      });
    Object.defineProperty(navigator.credentials, 'get', { value: get });
  });
}

const abortedSignals = async (page: Page): Promise<boolean[]> =>
  page.evaluate(() => asked.map(({ options }) => options.signal.aborted));

const send = async (page: Page): Promise<void> =>
  page.locator('otp-input').evaluate((element) => {
    Object.assign(element, { sent: { expiresAt: Date.now() + 300_000, resendAfterSeconds: 0, mobile: '******6768' } });
  });

describeInChromium(
  'the code in the SMS',
  ({ open }) => {
    const openPage: () => ReturnType<OpenPages['open']> = async () => open({}, stubCredentials);

    it('fills in the field, is announced, and approves nothing by itself', async () => {
      const page = await openPage();
      const customer = customerOf(page);
      await page.evaluate(() =>
        document.querySelector('otp-input')!.addEventListener('approve', () => (document.title = 'approved')),
      );
      expect(await page.evaluate(() => asked.length)).toBe(0);
      await send(page);
      expect(await page.evaluate(() => asked.map(({ options }) => options.otp))).toEqual([{ transport: ['sms'] }]);
      await page.evaluate(() => {
        document.querySelector('main')!.addEventListener('input', () => (document.documentElement.lang = 'heard'));
        asked[0]!.give('134021');
      });
      await customer.status.getByText('Filled in from the SMS').waitFor();
      expect(await customer.field.inputValue()).toBe('134021');
      expect(await page.locator('html').getAttribute('lang')).toBe('heard');
      expect(await page.title()).toBe('Payout desk');
    });

    it('is waited for until the OTP is approved', async () => {
      const page = await openPage();
      await send(page);
      await customerOf(page).field.fill('134021');
      expect(await abortedSignals(page)).toEqual([false]);
      await customerOf(page).approve.click();
      expect(await abortedSignals(page)).toEqual([true]);
    });

    it('is waited for until the element leaves the page, and again when it is back', async () => {
      const page = await openPage();
      await send(page);
      await page.evaluate(() => {
        const element = document.querySelector('otp-input')!;
        element.remove();
        globalThis.asked[0]!.give('999999');
        document.querySelector('main')!.append(element);
      });
      expect(await abortedSignals(page)).toEqual([true, false]);
      expect(await customerOf(page).field.inputValue()).toBe('');
    });

    it('is waited for until the OTP expires', async () => {
      const page = await openPage();
      await send(page);
      await page.clock.fastForward(298_000);
      expect(await abortedSignals(page)).toEqual([false]);
      await page.clock.fastForward(3000);
      expect(await abortedSignals(page)).toEqual([true]);
    });

    it('is not waited for before the element is in the page', async () => {
      const page = await openPage();
      const counts = await page.evaluate(() => {
        const element = document.createElement('otp-input');
        Object.assign(element, { sent: { expiresAt: Date.now() + 300_000, resendAfterSeconds: 0, mobile: '' } });
        const before = asked.length;
        document.querySelector('main')!.append(element);
        return [before, asked.length];
      });
      expect(counts).toEqual([0, 1]);
    });

    it('is that of the newest SMS', async () => {
      const page = await openPage();
      await send(page);
      await send(page);
      expect(await abortedSignals(page)).toEqual([true, false]);
    });

    it('is typed by the customer who will not share it, and in a browser that cannot', async () => {
      const refused = await open({}, async (page) => {
        await stubCredentials(page);
        await page.addInitScript(() => {
          const get = async (): Promise<never> => Promise.reject(new DOMException('refused', 'NotAllowedError'));
          Object.defineProperty(Object.getPrototypeOf(navigator), 'credentials', { value: { get } });
        });
      });
      await send(refused);
      await expect.poll(async () => customerOf(refused).status.textContent()).toContain('Sent by SMS');
      const without = await open({}, async (page) => {
        await page.addInitScript(() => {
          delete (globalThis as { OTPCredential?: unknown }).OTPCredential;
          Object.defineProperty(Object.getPrototypeOf(navigator), 'credentials', { value: undefined });
        });
      });
      await send(without);
      await expect.poll(async () => customerOf(without).status.textContent()).toContain('Sent by SMS');
    });
  },
  { body: '<otp-input></otp-input>' },
);
