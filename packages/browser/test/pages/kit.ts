import * as browser from '../../src/index.ts';
import { hindi } from '../../src/hindi.ts';

const kit = { ...browser, hindi };

declare global {
  // What the tests use in the page.
  var kit: typeof browser & { hindi: browser.OtpTexts };
}

Object.assign(globalThis, { kit });

const pay = browser.withMobileProof(fetch);

const press = async (): Promise<void> => {
  const outcome = document.querySelector('#outcome')!;
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify({ amount: 2500, payee: 'Asha Traders' });
  try {
    const response = await pay('/payouts', { method: 'POST', headers, body });
    outcome.textContent = `${response.status} ${await response.text()}`;
  } catch (error) {
    outcome.textContent = String(error);
  }
};

document.querySelector('#pay')?.addEventListener('click', () => void press());
