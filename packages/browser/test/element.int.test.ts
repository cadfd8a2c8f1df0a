import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { customerOf } from './support/customer.ts';
import type { OtpInput } from '../src/index.ts';
import { problem } from './support/desk.ts';
import { describeInChromium, type OpenPages } from './support/open-pages.ts';

const NOON = Date.parse('2026-11-25T12:00:00Z');

/** A page whose clock stands at noon until the test moves it, and where an OTP was just sent. */
async function openAtNoon(open: OpenPages['open']): Promise<Page> {
  const page = await open({}, async (opening) => opening.clock.install({ time: NOON - 3_600_000 }));
  await page.clock.pauseAt(NOON);
  await page.locator('otp-input').evaluate((element) => {
    const approving = { amount: '2500', payee: 'Asha Traders', currency: 'INR' };
    Object.assign(element, {
      sent: { expiresAt: Date.now() + 300_000, resendAfterSeconds: 30, mobile: '******6768', approving },
    });
  });
  return page;
}

describeInChromium(
  'the field',
  ({ open }) => {
    it('is one input for a number that fills itself in', async () => {
      const { field } = customerOf(await open());
      const attributes = await field.evaluate((input) =>
        Object.fromEntries(Array.from(input.attributes, ({ name, value }) => [name, value])),
      );
      expect(attributes).toMatchObject({ inputmode: 'numeric', autocomplete: 'one-time-code', pattern: '\\d{6}' });
      expect(await field.evaluate((input: HTMLInputElement) => input.type)).toBe('text');
    });

    it.each([
      [' 123-456 ', '123456'],
      ['123 456', '123456'],
      ['134021 is the OTP to verify your mobile number.\n- Eko India', '134021'],
      ['Pay Rs 2500 to 98765432. OTP 134021\n\n@pay.example.in #134021', '134021'],
      ['१३४०२१', '134021'],
      ['12a34', '1234'],
      ['1234567', '123456'],
    ])('takes a paste of %j', async (text, digits) => {
      const page = await open();
      const { field } = customerOf(page);
      await field.focus();
      await field.evaluate((input, pasted) => {
        input.ownerDocument.execCommand('insertText', false, pasted);
      }, text);
      expect(await field.inputValue()).toBe(digits);
    });

    it('lets a digit in the middle be corrected', async () => {
      const page = await open();
      const { field } = customerOf(page);
      await field.fill('123456');
      for (const key of ['ArrowLeft', 'ArrowLeft', 'Backspace', '9', '8']) await page.keyboard.press(key);
      expect(await field.inputValue()).toBe('123985');
    });

    it('belongs to its form: value, validity, reset, disabled', async () => {
      const page = await open();
      const customer = customerOf(page);
      const form = page.locator('form');
      const state = async (): Promise<unknown[]> =>
        form.evaluate((element: HTMLFormElement) => [new FormData(element).get('otp'), element.checkValidity()]);
      expect(await state()).toEqual(['', false]);
      await customer.field.fill('134021');
      expect(await state()).toEqual(['134021', true]);
      await form.evaluate((element: HTMLFormElement) => element.reset());
      expect(await state()).toEqual(['', false]);
      await page.locator('fieldset').evaluate((element: HTMLFieldSetElement) => (element.disabled = true));
      expect(await customer.field.isDisabled()).toBe(true);
      expect(await customer.approve.isDisabled()).toBe(true);
    });

    it('is shown in a dialog, and tells only its own listeners that this was closed', async () => {
      const page = await open();
      const field = page.locator('otp-input');
      const closed = await field.evaluateHandle((element) => {
        const heard: string[] = [];
        for (const listener of [element, element.closest('form')!])
          listener.addEventListener('close', () => heard.push(listener.localName));
        (element as OtpInput).showModal();
        return heard;
      });
      const { dialog, cancel } = customerOf(page);
      await dialog.waitFor();
      await cancel.click();
      await expect.poll(async () => closed.evaluate((heard) => heard)).toEqual(['otp-input']);
      expect(await dialog.count()).toBe(0);
    });

    it('has its texts from the first moment', async () => {
      const page = await open();
      const texts = await page.evaluate(() => {
        const element = document.createElement('otp-input');
        document.querySelector('main')!.append(element);
        return Array.from(element.shadowRoot!.querySelectorAll('label, button'), ({ textContent }) => textContent);
      });
      expect(texts).toEqual(['OTP', 'Send a new OTP', 'Approve']);
    });

    it('says in the language of its texts why its form is not submitted', async () => {
      const page = await open({}, async (opening) => {
        await opening.addInitScript(() => {
          ElementInternals.prototype.setValidity = (_flags, message) => {
            document.documentElement.lang = String(message);
          };
        });
      });
      await page
        .locator('otp-input')
        .evaluate((element) => void Object.assign(element, { texts: { otp_incomplete: 'Sechs Ziffern' } }));
      expect(await page.locator('html').getAttribute('lang')).toBe('Sechs Ziffern');
    });

    it('leaves no OTP in what the browser keeps of a form', async () => {
      const page = await open({}, async (opening) => {
        await opening.addInitScript(() => {
          ElementInternals.prototype.setFormValue = (_value, ...state) => {
            document.documentElement.lang = JSON.stringify(state);
          };
        });
      });
      await customerOf(page).field.fill('134021');
      expect(await page.locator('html').getAttribute('lang')).toBe('[null]');
    });

    it('submits its form with Approve and with Enter, unless the page prevents it', async () => {
      const page = await open();
      const customer = customerOf(page);
      await page.evaluate(() => {
        const submitted = document.querySelector('#outcome')!;
        document.querySelector('form')!.addEventListener('submit', (event) => {
          event.preventDefault();
          submitted.textContent += `${JSON.stringify(new FormData(event.currentTarget as HTMLFormElement).get('otp'))} `;
        });
      });
      await customer.enter('134021');
      await customer.field.press('Enter');
      expect(await customer.outcome.textContent()).toBe('"134021" "134021" ');
      await page.evaluate(() =>
        document.querySelector('otp-input')!.addEventListener('approve', (event) => event.preventDefault()),
      );
      await customer.approve.click();
      expect(await customer.outcome.textContent()).toBe('"134021" "134021" ');
    });

    it('counts down to a new OTP and to the end of this one', async () => {
      const page = await openAtNoon(open);
      const customer = customerOf(page);
      await page.evaluate(() => {
        document
          .querySelector('otp-input')!
          .addEventListener('resend', () => (document.querySelector('#outcome')!.textContent += 'asked '));
      });
      expect(await customer.timeLeft.textContent()).toBe('Valid for 5:00');
      expect(await customer.resend.textContent()).toBe('Send a new OTP in 0:30');
      await page.clock.runFor(29_000);
      expect(await customer.timeLeft.textContent()).toBe('Valid for 4:31');
      expect(await customer.resend.textContent()).toBe('Send a new OTP in 0:01');
      expect(await customer.resend.getAttribute('aria-disabled')).toBe('true');
      await customer.resend.click({ force: true });
      expect(await customer.outcome.textContent()).toBe('');
      await page.clock.runFor(1000);
      expect(await customer.resend.textContent()).toBe('Send a new OTP');
      expect(await customer.resend.getAttribute('aria-disabled')).toBe('false');
      await customer.resend.click();
      expect(await customer.outcome.textContent()).toBe('asked ');
    });

    it('announces nothing again while it counts down', async () => {
      const page = await openAtNoon(open);
      const changes = await page.locator('otp-input').evaluateHandle((element) => {
        const changed: unknown[] = [];
        const observer = new MutationObserver((records) => changed.push(...records));
        for (const region of element.shadowRoot!.querySelectorAll('[role=status], [role=alert]'))
          observer.observe(region, { childList: true, subtree: true, characterData: true });
        Object.assign(element, { problem: { code: 'otp_wait', retryAfterSeconds: 60 } });
        return changed;
      });
      await page.clock.runFor(5000);
      expect(await customerOf(page).resend.textContent()).toBe('Send a new OTP in 0:55');
      expect(await changes.evaluate((records) => records.length)).toBe(1);
    });

    it('says that the OTP has expired, and approves it no more', async () => {
      const page = await openAtNoon(open);
      const customer = customerOf(page);
      await page.evaluate(() => {
        document.querySelector('otp-input')!.addEventListener('approve', (event) => {
          event.preventDefault();
          document.querySelector('#outcome')!.textContent += 'approved ';
        });
      });
      await page.clock.runFor(299_000);
      expect(await customer.alert.textContent()).toBe('');
      await customer.enter('134021');
      expect(await customer.outcome.textContent()).toBe('approved ');
      await page.clock.runFor(1000);
      expect(await customer.alert.textContent()).toBe('This OTP has expired. Send a new OTP.');
      expect(await customer.timeLeft.textContent()).toBe('');
      await customer.approve.click();
      expect(await customer.outcome.textContent()).toBe('approved ');
    });

    it('has the wait that a refusal gives, and words for a reason that it does not know', async () => {
      const page = await openAtNoon(open);
      const customer = customerOf(page);
      const fail = async (refusal: object): Promise<void> =>
        page
          .locator('otp-input')
          .evaluate((element, given) => void Object.assign(element, { problem: given }), refusal);
      await fail({ code: 'otp_wait', retryAfterSeconds: 90 });
      expect(await customer.alert.textContent()).toBe('Too many attempts. Wait, then send a new OTP.');
      expect(await customer.resend.textContent()).toBe('Send a new OTP in 1:30');
      await page.clock.runFor(300_000);
      expect(await customer.alert.textContent()).toBe('Too many attempts. Wait, then send a new OTP.');
      await fail({ code: 'otp_from_next_year' });
      expect(await customer.alert.textContent()).toBe('That did not work. Try again.');
    });

    it('speaks Hindi, and any other text that it is given', async () => {
      const page = await openAtNoon(open);
      await page.evaluate(() =>
        Object.assign(document.querySelector('otp-input')!, { texts: { ...kit.hindi, payee: 'किसको' } }),
      );
      expect(await page.getByRole('textbox', { name: 'ओटीपी' }).count()).toBe(1);
      expect(await page.getByRole('button', { name: 'मंज़ूर करें' }).count()).toBe(1);
      expect(await page.getByRole('term').allTextContents()).toEqual(['राशि', 'किसको']);
      expect(await page.locator('otp-input [lang]').getAttribute('lang')).toBe('hi-IN');
      expect(await page.evaluate(() => Object.entries(kit.english).filter(([name]) => !(name in kit.hindi)))).toEqual(
        [],
      );
    });

    it.each([
      [{ amount: '2500', payee: '', currency: 'INR' }, '₹2,500.00'],
      [{ amount: '12345678.9', payee: '', currency: 'INR' }, '₹1,23,45,678.90'],
      [{ amount: '9007199254740993', payee: '', currency: 'INR' }, '₹9,00,71,99,25,47,40,993.00'],
      [{ amount: '2500', payee: '' }, '2500'],
      [{ amount: '2500', payee: '', currency: 'RUPEES' }, 'RUPEES 2500'],
      [{ amount: 'all of it', payee: '', currency: 'INR' }, 'all of it'],
    ])('shows the amount of %j', async (approving, text) => {
      const page = await open();
      await page.locator('otp-input').evaluate((element, given) => {
        Object.assign(element, {
          sent: { expiresAt: Date.now() + 1000, resendAfterSeconds: 0, mobile: '', approving: given },
        });
      }, approving);
      expect(await page.getByRole('definition').first().textContent()).toBe(text);
    });

    it('takes its looks from custom properties and parts', async () => {
      const page = await open();
      const customer = customerOf(page);
      const coloursOf = async (): Promise<string[]> =>
        customer.approve.evaluate((button) => [
          getComputedStyle(button).backgroundColor,
          getComputedStyle(button).textTransform,
        ]);
      expect(await coloursOf()).toEqual(['rgb(11, 87, 168)', 'none']);
      await page.evaluate(() => {
        const sheet = new CSSStyleSheet();
        sheet.replaceSync('otp-input { --otp-accent: #063 } otp-input::part(approve) { text-transform: uppercase }');
        document.adoptedStyleSheets.push(sheet);
      });
      expect(await coloursOf()).toEqual(['rgb(0, 102, 51)', 'uppercase']);
    });
  },
  { body: '<form><fieldset><otp-input name="otp"></otp-input></fieldset></form>' },
);

describeInChromium('the clock of a customer', ({ desk, open }) => {
  it.each([-3600, 3600])('may be %i seconds off', async (seconds) => {
    const time = Date.now() + seconds * 1000;
    const customer = customerOf(await open({}, async (page) => page.clock.install({ time })));
    await customer.pay();
    expect(await customer.timeLeft.textContent()).toMatch(/^Valid for (5:00|4:5\d)$/);
    await customer.enter('134021');
    await customer.outcome.getByText('201').waitFor();
  });

  it('lets a new OTP be asked for when Retry-After is over', async () => {
    const page = await open({}, async (opening) => opening.clock.install());
    const customer = customerOf(page);
    desk().answer('/otp', () => problem(429, 'otp_wait', { 'retry-after': '120' }), 1);
    await page.getByRole('button', { name: 'Pay 2,500' }).click();
    await customer.alert.getByText('Too many attempts').waitFor();
    expect(await customer.resend.textContent()).toMatch(/in (2:00|1:5\d)$/);
    await page.clock.fastForward(120_000);
    await customer.resend.getByText(/^Send a new OTP$/).waitFor();
    await customer.resend.click();
    await customer.status.getByText('Sent by SMS').waitFor();
    expect(await customer.alert.textContent()).toBe('');
    expect(desk().receivedAt('/otp')).toHaveLength(2);
  });
});
