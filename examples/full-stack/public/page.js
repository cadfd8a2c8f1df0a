import { withMobileProof } from './verified-mobile/index.js';

const fetchWithProof = withMobileProof(fetch); // a 401 of the guard asks for the OTP, then the request is sent once more

const pay = (payout, key) =>
  fetchWithProof('/payouts', {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': key },
    body: JSON.stringify(payout),
  });

const { login, payout } = document.forms;
const outcome = document.querySelector('output');
let key = crypto.randomUUID();

payout.addEventListener('change', () => (key = crypto.randomUUID()));
payout.addEventListener('submit', async (event) => {
  event.preventDefault();
  payout.pay.disabled = true;
  try {
    const response = await pay({ amount: payout.amount.valueAsNumber, payee: payout.payee.value }, key);
    const answer = await response.json();
    // Kept until then: under a new key a payout whose answer was lost would be made again.
    if (response.ok) key = crypto.randomUUID();
    outcome.value = response.ok ? `Paid ${answer.amount} to ${answer.payee}.` : answer.detail;
  } catch (error) {
    outcome.value =
      error.name === 'AbortError' ? 'Not approved, not paid.' : 'No answer. Press Pay again: it is paid once.';
  }
  payout.pay.disabled = false;
  await show();
});

login.addEventListener('submit', async (event) => {
  event.preventDefault();
  const body = JSON.stringify({ name: login.elements.name.value });
  await fetch('/login', { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  await show();
});

async function show() {
  const response = await fetch('/payouts');
  login.hidden = response.ok;
  payout.hidden = !response.ok;
  if (!response.ok) return;
  const rows = (await response.json()).map(({ amount, payee }) => {
    const row = document.createElement('li');
    row.textContent = `${amount} to ${payee}`;
    return row;
  });
  document.querySelector('ul').replaceChildren(...rows);
}

await show();
