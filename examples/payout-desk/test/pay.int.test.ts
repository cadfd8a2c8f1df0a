import { expect, it } from 'vitest';
import { describePage } from './support/page-under-test.ts';
import { personAt } from './support/person.ts';

describePage('a person who pays', ({ desk, open }) => {
  it('is paid by one tap on the phone, and sees what the guard decided and why', async () => {
    const page = await open();
    const person = personAt(page);
    await person.pay.click();
    await person.phone.getByText(/^\d{6} is the OTP to pay INR 2500 to 026291800001191\./).waitFor();
    await person.phone.getByRole('button', { name: /^Fill in \d{6}$/ }).click();
    expect(await person.otp.inputValue()).toMatch(/^\d{6}$/);
    await person.approve.click();
    await person.outcome.getByText(/^Paid\. Payout [0-9a-f]{8}\.$/).waitFor();
    await expect
      .poll(async () => person.newest(2))
      .toEqual(['Pay 2,500 | Express | Passed 201', 'Pay 2,500 | Express | Asked for proof 401 otp_token_missing']);
    await person.decisions.getByText('The proof is fresh').waitFor();
    expect(await person.phone.getByRole('button').count()).toBe(0);
  });

  it('needs no mouse, from the first key to a refused replay', async () => {
    const page = await open();
    const person = personAt(page);
    const press = async (...keys: string[]): Promise<void> => {
      for (const key of keys) await page.keyboard.press(key);
    };
    const focused = async (): Promise<string> => page.evaluate(() => document.activeElement?.textContent?.trim() ?? '');
    await press('Tab');
    expect(await focused()).toBe('Endpoints and curl');
    await press('Tab');
    expect(await focused()).toBe('Pay 2,500');
    await press('Enter');
    await person.phone.getByRole('button').waitFor();
    expect(await person.otp.evaluate((field) => field.matches(':focus'))).toBe(true);
    await press('Shift+Tab');
    expect(await focused()).toMatch(/^Fill in \d{6}$/);
    await press('Enter', 'Enter');
    await person.outcome.getByText('Paid.').waitFor();
    expect(await focused()).toBe('Pay 2,500');
    await press('Tab');
    expect(await focused()).toBe('Same token again');
    await press('Enter');
    await person.outcome.getByText('Express: 401 otp_token_used.').waitFor();
    expect(await focused()).toBe('Same token again');
  });

  it('reads all of it in landmarks and regions that announce what comes', async () => {
    const page = await open();
    for (const landmark of ['banner', 'main', 'navigation'] as const) {
      expect(await page.getByRole(landmark).count()).toBe(1);
    }
    const regions = await page.getByRole('region').getByRole('heading', { level: 2 }).allTextContents();
    expect(regions).toEqual(['Phone', 'Payout', 'Decisions']);
    const announced = await page
      .locator('[aria-live="polite"], [role="status"]')
      .evaluateAll((all) => all.map(({ id }) => id));
    expect(announced).toEqual(['messages', 'outcome', 'connection', 'decision-list']);
  });

  it('is told that a code is wrong, and pays with the right one', async () => {
    const page = await open();
    const person = personAt(page);
    await person.pay.click();
    const button = person.phone.getByRole('button');
    const code = (await button.textContent())!.slice(-6);
    await person.otp.fill(code === '111111' ? '222222' : '111111');
    await person.approve.click();
    await person.payout.getByText('This OTP is wrong').waitFor();
    await button.click();
    await person.approve.click();
    await expect.poll(async () => person.outcome.textContent()).toMatch(/^Paid\./);
  });

  it('has a new code sent once the pause is over, and only the new one is offered and good', async () => {
    const page = await open();
    const person = personAt(page);
    await person.pay.click();
    const button = person.phone.getByRole('button');
    const first = (await button.textContent())!.slice(-6);
    await moveClock(desk().url, 30);
    await person.payout.getByRole('button', { name: 'Send a new OTP', exact: true }).click();
    await expect.poll(async () => person.phone.getByRole('listitem').count()).toBe(2);
    expect(await button.count()).toBe(1);
    await person.otp.fill(first);
    await person.approve.click();
    await person.payout.getByText('This OTP is wrong').waitFor();
    await button.click();
    await person.approve.click();
    await expect.poll(async () => person.outcome.textContent()).toMatch(/^Paid\./);
  });

  it('sees the code expire when the clock is moved', async () => {
    const page = await open();
    const person = personAt(page);
    await person.pay.click();
    await person.phone.getByRole('button').waitFor();
    await person.payout.getByText(/^Valid for [45]:/).waitFor();
    await moveClock(desk().url, 301);
    await person.payout.getByText('This OTP has expired').waitFor();
    await person.payout.getByRole('button', { name: 'Cancel' }).click();
    await expect.poll(async () => person.outcome.textContent()).toBe('Not paid: the payout was not approved.');
  });

  it('sees the time left by the sandbox’s clock, also when that is ahead', async () => {
    await moveClock(desk().url, 3600);
    const page = await open();
    const person = personAt(page);
    await person.pay.click();
    await expect.poll(async () => person.payout.getByRole('timer').textContent()).toMatch(/^Valid for (5:00|4:[345])/);
  });
});

async function moveClock(url: string, advanceSeconds: number): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  await fetch(`${url}sandbox/clock`, { method: 'POST', headers, body: JSON.stringify({ advanceSeconds }) });
}
