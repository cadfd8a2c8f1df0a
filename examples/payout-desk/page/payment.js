import { withMobileProof } from '../verified-mobile/index.js';
import { askInPage } from './approval.js';
import { byId } from './element.js';

const pay = byId('pay');
const outcome = byId('outcome');
const fetchWithProof = withMobileProof(fetch, { askForOtp: askInPage });

/** Pays by the button, once at a time. */
export function payByButton() {
  pay.addEventListener('click', () => void run());
}

async function run() {
  if (pay.ariaDisabled === 'true') return;
  pay.ariaDisabled = 'true';
  outcome.textContent = '';
  outcome.textContent = await request().catch(({ name }) =>
    name === 'AbortError' ? 'Not paid: the payout was not approved.' : 'Not paid: no answer.',
  );
  pay.ariaDisabled = 'false';
}

/** Resolves with what came of it, in words. */
async function request() {
  const { amount, account } = pay.dataset;
  const response = await fetchWithProof('/payouts', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ amount: Number(amount), account }),
  });
  const { payoutId, detail, code } = await response.json();
  return response.status === 201 ? `Paid. Payout ${payoutId.slice(0, 8)}.` : `Not paid. ${detail ?? code}`;
}
