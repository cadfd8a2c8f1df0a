import { expect, it } from 'vitest';
import { customerOf } from './support/customer.ts';
import { OTP } from './support/desk.ts';
import { describeInChromium, type OpenPages } from './support/open-pages.ts';

/** Both pages do the same: properties go in, events come out, and a wrong OTP can be wrong twice. */
function itTakesPropertiesAndFiresEvents({ open }: OpenPages): void {
  it('takes properties and fires events, as it is', async () => {
    const page = await open();
    const customer = customerOf(page);
    await customer.resend.click();
    await customer.status.getByText('Sent by SMS').waitFor();
    for (const wrong of ['111111', '222222']) {
      await customer.field.fill(wrong);
      expect(await customer.alert.textContent()).toBe('');
      await page.getByRole('button', { name: 'Pay now' }).click();
      await customer.alert.getByText('This OTP is wrong').waitFor();
    }
    await customer.field.fill(OTP);
    await page.keyboard.press('Enter');
    await customer.outcome.getByText(OTP).waitFor();
    expect(await customer.outcome.textContent()).toBe(OTP);
  });
}

describeInChromium('in React 19', itTakesPropertiesAndFiresEvents, { page: 'react-page.tsx' });

// Vue's compiler makes functions of texts.
describeInChromium('in Vue 3', itTakesPropertiesAndFiresEvents, { page: 'vue-page.ts', policy: '' });

describeInChromium(
  'without a bundler',
  ({ desk, open }) => {
    it('is loaded from the files of the package, by a script tag', async () => {
      const page = await open();
      const customer = customerOf(page);
      await page.getByRole('button', { name: 'Pay 2,500' }).click();
      await page.getByText('पर SMS भेजा गया').waitFor();
      await page.getByRole('textbox', { name: 'ओटीपी' }).fill(OTP);
      await page.keyboard.press('Enter');
      await customer.outcome.getByText('201').waitFor();
      expect(desk().receivedAt('/payouts')).toHaveLength(2);
    });
  },
  { page: 'plain.js' },
);

describeInChromium('beside another copy of the package', ({ open }) => {
  it('shares the element of the copy that came first', async () => {
    const page = await open();
    const pay = "withMobileProof(fetch)('/payouts', { method: 'POST', body: '{}' })";
    const status = page.evaluate<number>(
      `import('/dist/index.js').then(({ withMobileProof }) => ${pay}).then(({ status }) => status)`,
    );
    await page.getByText('Sent by SMS').waitFor();
    await customerOf(page).enter(OTP);
    expect(await status).toBe(201);
  });
});
