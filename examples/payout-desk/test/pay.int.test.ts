import { expect, it } from 'vitest';
import { describePage } from './support/page-under-test.ts';
import { personAt } from './support/person.ts';

describePage('a person who pays', ({ open }) => {
  it('is paid by one tap on the phone, and sees what the guard decided and why', async () => {
    const page = await open();
    const person = personAt(page);
    await person.pay.click();
    await person.phone.getByText(/^\d{6} is the OTP to pay INR 2500 to 026291800001191\./).waitFor();
    await person.phone.getByRole('button', { name: /^Fill in \d{6}$/ }).click();
    expect(await person.otp.inputValue()).toMatch(/^\d{6}$/);
    await person.approve.click();
    await person.outcome.getByText(/^Paid\. Payout [0-9a-f]{8}\.$/).waitFor();
    expect(await person.newest(2)).toEqual([
      'Pay 2,500 | Express | Passed 201',
      'Pay 2,500 | Express | Asked for proof 401 otp_token_missing',
    ]);
    await person.decisions.getByText('The proof is fresh').waitFor();
  });
});
