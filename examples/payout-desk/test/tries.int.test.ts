import { expect, it } from 'vitest';
import { describePage } from './support/page-under-test.ts';
import { personAt } from './support/person.ts';

const TRIES = [
  {
    button: 'Same token again',
    outcome: 'Express: 401 otp_token_used.',
    decisions: ['Same token again | Express | Refused 401 otp_token_used'],
    meaning: 'This proof has paid already.',
  },
  {
    button: 'Same token on Koa',
    outcome: 'Koa: 401 otp_token_used.',
    decisions: ['Same token on Koa | Koa | Refused 401 otp_token_used'],
    meaning: 'This proof has paid already.',
  },
  {
    button: 'Another amount',
    outcome: 'Express: 403 transaction_mismatch.',
    decisions: ['Another amount | Express | Refused 403 transaction_mismatch'],
    meaning: 'The customer approved another amount or account.',
  },
  {
    button: 'From two tabs at once',
    outcome: /^(Express: 201 paid\. Express: 401 otp_token_used\.|Express: 401 otp_token_used\. Express: 201 paid\.)$/,
    decisions: [
      'From two tabs at once | Express | Refused 401 otp_token_used',
      'From two tabs at once | Express | Passed 201',
    ],
    meaning: 'This proof has paid already.',
  },
  {
    button: 'After five minutes',
    outcome: 'Express: 401 otp_token_expired.',
    decisions: ['After five minutes | Express | Refused 401 otp_token_expired'],
    meaning: 'The proof is older than five minutes.',
  },
  {
    button: 'A forged token',
    outcome: 'Express: 401 otp_token_invalid.',
    decisions: ['A forged token | Express | Refused 401 otp_token_invalid'],
    meaning: 'The issuer did not sign this token',
  },
  {
    button: 'Retry, same key',
    outcome: 'Express: 200 paid before.',
    decisions: ['Retry, same key | Express | Passed 200'],
    meaning: 'nothing is paid twice.',
  },
  {
    button: 'Issuer down',
    outcome: 'Express: 503 guard_unavailable.',
    decisions: ['Issuer down | Express | No decision 503 guard_unavailable'],
    meaning: 'it neither passes it nor calls it invalid',
  },
];

describePage('a person who tries the proof again', ({ desk, open }) => {
  it.each(TRIES)('sees, and is told why: $button', async ({ button, outcome, decisions, meaning }) => {
    const page = await open();
    const person = personAt(page);
    await person.payByTap();
    await person.tap(button);
    await person.outcome.getByText(outcome).waitFor();
    await expect.poll(async () => person.newest(decisions.length)).toEqual(decisions);
    expect(await person.decisions.getByRole('listitem').first().textContent()).toContain(meaning);
  });

  it('sees that a second tab is refused, and the first tab sees it too', async () => {
    const first = await open();
    await personAt(first).payByTap();
    const second = await first.context().newPage();
    await second.goto(desk().url);
    await personAt(second).tap('Same token again');
    await personAt(second).outcome.getByText('Express: 401 otp_token_used.').waitFor();
    await expect
      .poll(async () => personAt(first).newest(1))
      .toEqual(['Same token again | Express | Refused 401 otp_token_used']);
  });

  it.each(['Same token again', 'Another amount', 'Retry, same key'])(
    'need not pay before, since the customer then approves a payment: %s',
    async (button) => {
      const page = await open();
      const person = personAt(page);
      await person.tap(button);
      await person.phone.getByText(/is the OTP to pay/).waitFor();
      const [, before] = await person.newest(2);
      expect(before).toBe('A payment to try again, approved for you | Express | Passed 201');
    },
  );

  it('meets the refusal of the button again after five minutes, with a proof that is not too old', async () => {
    const page = await open();
    const person = personAt(page);
    await person.tap('After five minutes');
    await person.outcome.getByText('otp_token_expired').waitFor();
    await person.tap('Same token again');
    await expect.poll(async () => person.outcome.textContent()).toBe('Express: 401 otp_token_used.');
  });

  it('gets no OTP while the issuer is down, in words, and one when it is up again', async () => {
    const page = await open();
    const person = personAt(page);
    await person.tap('Issuer down');
    await person.outcome.getByText('guard_unavailable').waitFor();
    await person.tap('From two tabs at once');
    await person.outcome.getByText('The issuer is down, so there is no token to try with.').waitFor();
    await person.pay.click();
    await person.payout.getByText('No OTP can be sent now.').waitFor();
    await person.payout.getByRole('button', { name: 'Cancel' }).click();
    await page.reload();
    await person.tap('Issuer up again');
    await person.outcome.getByText('The issuer answers again.').waitFor();
    await person.payByTap();
    expect(await person.outcome.textContent()).toMatch(/^Paid\./);
  });

  it('still has proofs judged while the issuer is down, by the keys at hand', async () => {
    const page = await open();
    const person = personAt(page);
    await person.payByTap();
    await person.tap('Issuer down');
    await person.outcome.getByText('guard_unavailable').waitFor();
    await person.tap('Same token again');
    await expect.poll(async () => person.outcome.textContent()).toBe('Express: 401 otp_token_used.');
  });

  it('starts over with an empty phone, no decisions and the clock as it was', async () => {
    const page = await open();
    const person = personAt(page);
    await person.payByTap();
    await person.tap('After five minutes');
    await person.outcome.getByText('otp_token_expired').waitFor();
    await person.tap('Start over');
    await person.outcome.getByText('Everything is as it was at the start.').waitFor();
    await person.phone.getByText('No SMS yet.').waitFor();
    await person.decisions.getByText('None yet.').waitFor();
    await person.payByTap();
    await expect.poll(async () => person.newest(1)).toEqual(['Pay 2,500 | Express | Passed 201']);
  });
});
