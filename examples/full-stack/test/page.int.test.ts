import { hasChromium, launchChromium } from '@verified-mobile/test-support/chromium';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, type TestContext } from 'vitest';
import { type Name, type RunningApp, startApp } from './start-app.ts';

const PAYOUT = { amount: 2500, payee: 'Meera Traders' };
const PAID = 'Paid 2500 to Meera Traders.';

// At the same time, for an app waits at its start until its store can vouch for new tokens.
describe.skipIf(!hasChromium).concurrent('the page, in Chromium', () => {
  let browser: Browser;
  beforeAll(async () => void (browser = await launchChromium()));
  afterAll(async () => browser?.close());

  /** An app of the test's own, with Asha logged in. Nothing may violate its policy, nor fail unhandled. */
  const open = async (context: TestContext): Promise<{ app: RunningApp; page: Page }> => {
    const app = await startApp(context);
    const profile = await browser.newContext();
    profile.setDefaultTimeout(60_000);
    const faults: string[] = [];
    context.onTestFinished(async () => {
      await profile.close();
      expect(faults).toEqual([]);
    });
    await profile.exposeFunction('noteViolation', (violation: string) => void faults.push(violation));
    await profile.addInitScript(() => {
      document.addEventListener('securitypolicyviolation', (event) => noteViolation(event.violatedDirective));
    });
    profile.on('weberror', (error) => faults.push(String(error.error())));
    const page = await profile.newPage();
    await page.goto(app.url);
    await logIn(page, 'Asha');
    return { app, page };
  };

  it('pays what the customer approves, and still shows it after a reload', async (context) => {
    const { app, page } = await open(context);
    await pay(page);
    expect(await app.newestSms('Asha')).toContain('is the OTP to pay INR 2500 to Meera Traders.');
    await approve(page, await app.newestOtp('Asha'));
    await page.getByText(PAID).waitFor();
    await page.reload();
    await page.getByRole('listitem').waitFor();
    expect(await page.getByRole('list', { name: 'Paid' }).innerText()).toBe('2500 to Meera Traders');
    expect(await paidBy(page)).toEqual([PAYOUT]);
  });

  it('asks again for the next payout, though it is the same', async (context) => {
    const { app, page } = await open(context);
    await pay(page);
    await approve(page, await app.newestOtp('Asha'));
    await page.getByText(PAID).waitFor();
    await payWithNewOtp(app, page);
    await page.getByRole('listitem').nth(1).waitFor();
    expect(await paidBy(page)).toEqual([PAYOUT, PAYOUT]);
  });

  it('pays once if the answer was lost and the customer pays again', async (context) => {
    const { app, page } = await open(context);
    let isLost = false;
    await page.route('**/payouts', async (route) => {
      if (isLost || !route.request().headers()['otp-verification-token']) return route.continue();
      isLost = true;
      await route.fetch();
      return route.abort();
    });
    await pay(page);
    await approve(page, await app.newestOtp('Asha'));
    await page.getByText('No answer.').waitFor();
    await payWithNewOtp(app, page);
    await page.getByText(PAID).waitFor();
    expect(await paidBy(page)).toEqual([PAYOUT]);
  });

  it.for<[string, (page: Page) => Promise<unknown>]>([
    ['amount', async (page) => page.getByLabel('Amount').fill('9000')],
    ['payee', async (page) => page.getByLabel('Payee').selectOption('Kiran Stores')],
  ])('refuses the OTP of another %s, pays nothing and asks anew', async ([, change], context) => {
    const { app, page } = await open(context);
    await pay(page);
    await page.reload();
    await change(page);
    await press(page);
    await approve(page, await app.newestOtp('Asha'));
    await page.getByText('was not given for this transaction').waitFor();
    expect(await paidBy(page)).toEqual([]);
    await press(page);
    await page.getByRole('dialog').waitFor();
  });

  it('pays nothing if it is reloaded or left by Cancel, and the OTP of the SMS stays good for this payout', async (context) => {
    const { app, page } = await open(context);
    await pay(page);
    await page.reload();
    expect(await paidBy(page)).toEqual([]);
    await press(page);
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByText('Not approved, not paid.').waitFor();
    expect(await paidBy(page)).toEqual([]);
    await press(page);
    await approve(page, await app.newestOtp('Asha'));
    await page.getByText(PAID).waitFor();
    expect(await paidBy(page)).toEqual([PAYOUT]);
  });

  it('repeats an unanswered payout under its key, and gives another amount another key', async (context) => {
    const { page } = await open(context);
    const keys: (string | undefined)[] = [];
    page.on('request', (request) => {
      if (request.method() === 'POST' && request.url().endsWith('/payouts')) {
        keys.push(request.headers()['idempotency-key']);
      }
    });
    for (const amount of ['2500', '2500', '9000']) {
      await page.getByLabel('Amount').fill(amount);
      await press(page);
      await page.getByRole('button', { name: 'Cancel' }).click();
      await page.getByText('Not approved, not paid.').waitFor();
    }
    expect(keys).toEqual([keys[0], keys[0], expect.not.stringMatching(String(keys[0]))]);
  });

  it("pays nothing for the next customer with the former one's OTP", async (context) => {
    const { app, page } = await open(context);
    await pay(page);
    const other = await page.context().newPage();
    await other.goto(app.url);
    // Logged in as Asha, as the whole profile is.
    await other.evaluate(async () => {
      const headers = { 'content-type': 'application/json' };
      await fetch('/login', { method: 'POST', headers, body: '{"name":"Ravi"}' });
    });
    await approve(page, await app.newestOtp('Asha'));
    await page.getByText('This OTP is wrong.').waitFor();
    expect(await paidBy(other)).toEqual([]);
    expect(await app.newestSms('Ravi')).toBe('no SMS');
  });

  it('pays once, however fast the customer presses', async (context) => {
    const { app, page } = await open(context);
    await page.getByRole('button', { name: 'Pay' }).dblclick();
    await page.getByText('Sent by SMS').waitFor();
    await page.getByRole('textbox', { name: 'OTP', exact: true }).fill(await app.newestOtp('Asha'));
    await page.getByRole('button', { name: 'Approve' }).dblclick();
    await page.getByText(PAID).waitFor();
    expect(await page.getByRole('dialog').count()).toBe(0);
    expect(await paidBy(page)).toEqual([PAYOUT]);
  });
});

async function logIn(page: Page, name: Name): Promise<void> {
  await page.getByLabel('Customer').selectOption(name);
  await page.getByRole('button', { name: 'Log in' }).click();
}

async function press(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Pay' }).click();
}

/** Presses, and waits until an OTP was sent. */
async function pay(page: Page): Promise<void> {
  await press(page);
  await page.getByText('Sent by SMS').waitFor();
}

async function approve(page: Page, otp: string): Promise<void> {
  await page.getByRole('textbox', { name: 'OTP', exact: true }).fill(otp);
  await page.getByRole('button', { name: 'Approve' }).click();
}

/** The issuer makes a mobile wait between two SMS: the customer waits until the dialog offers another. */
async function payWithNewOtp(app: RunningApp, page: Page): Promise<void> {
  await press(page);
  await page.getByText('Too many attempts.').waitFor();
  await page.getByText('Send a new OTP', { exact: true }).click();
  await page.getByText('Sent by SMS').waitFor();
  await approve(page, await app.newestOtp('Asha'));
}

/** What this profile's customer has paid, as the server has it. */
async function paidBy(page: Page): Promise<unknown> {
  return page.evaluate(async () => (await fetch('/payouts')).json() as Promise<unknown>);
}

declare global {
  function noteViolation(violation: string): void;
}
