import type { Locator, Page } from 'playwright-core';

/** What a person finds on the page, by role and name. */
export interface Person {
  readonly phone: Locator;
  readonly payout: Locator;
  readonly decisions: Locator;
  readonly pay: Locator;
  readonly otp: Locator;
  readonly approve: Locator;
  /** What the page says came of it. */
  readonly outcome: Locator;
  /** Pays, with the code that the phone offers. */
  readonly payByTap: () => Promise<void>;
  readonly tap: (button: string) => Promise<void>;
  /** The newest decisions: what was tried, the service, the verdict. */
  readonly newest: (count: number) => Promise<string[]>;
}

export function personAt(page: Page): Person {
  const phone = page.getByRole('region', { name: 'Phone' });
  const payout = page.getByRole('region', { name: 'Payout' });
  const decisions = page.getByRole('region', { name: 'Decisions' });
  const pay = payout.getByRole('button', { name: 'Pay 2,500', exact: true });
  const approve = payout.getByRole('button', { name: 'Approve', exact: true });
  const outcome = page.locator('#outcome');
  const tap = async (button: string): Promise<void> =>
    payout.getByRole('button', { name: button, exact: true }).click();
  return {
    phone,
    payout,
    decisions,
    pay,
    otp: payout.getByRole('textbox', { name: 'OTP', exact: true }),
    approve,
    outcome,
    tap,
    async payByTap() {
      await pay.click();
      await phone.getByRole('button', { name: /^Fill in \d{6}$/ }).click();
      await approve.click();
      await outcome.getByText('Paid.').waitFor();
    },
    async newest(count) {
      const cards = decisions.getByRole('listitem').filter({ has: page.getByRole('heading') });
      await cards.nth(count - 1).waitFor();
      const all = await cards.evaluateAll((items) =>
        items.map((item) =>
          ['h3', '.where', '.verdict']
            .map((part) => item.querySelector(part)?.textContent?.replace(/, [\d:]+$/, '') ?? '')
            .join(' | '),
        ),
      );
      return all.slice(0, count);
    },
  };
}
