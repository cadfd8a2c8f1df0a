import type { Locator, Page } from 'playwright-core';

/** What a customer finds on a page, by role and name. */
export interface Customer {
  readonly field: Locator;
  readonly approve: Locator;
  readonly resend: Locator;
  readonly cancel: Locator;
  readonly alert: Locator;
  readonly status: Locator;
  readonly timeLeft: Locator;
  readonly dialog: Locator;
  /** What the page says came of the payout. */
  readonly outcome: Locator;
  /** Presses the button of the page and waits until an OTP was sent. */
  readonly pay: () => Promise<void>;
  readonly enter: (otp: string) => Promise<void>;
}

export function customerOf(page: Page): Customer {
  const field = page.getByRole('textbox', { name: 'OTP', exact: true });
  const approve = page.getByRole('button', { name: 'Approve', exact: true });
  const status = page.locator('otp-input').getByRole('status');
  return {
    field,
    approve,
    status,
    resend: page.getByRole('button', { name: /new OTP/ }),
    cancel: page.getByRole('button', { name: 'Cancel' }),
    alert: page.getByRole('alert'),
    timeLeft: page.getByRole('timer'),
    dialog: page.getByRole('dialog', { name: 'Confirm with an OTP' }),
    outcome: page.locator('#outcome'),
    pay: async () => {
      await page.getByRole('button', { name: 'Pay 2,500' }).click();
      await page.getByText('Sent by SMS').waitFor();
    },
    enter: async (otp) => {
      await field.fill(otp);
      await approve.click();
    },
  };
}
