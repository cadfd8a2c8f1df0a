import { cancel } from './approval.js';
import { byId } from './element.js';
import { SERVICES } from './words.js';

const ISSUER = {
  down: { try: 'issuer-down', label: 'Issuer down', hint: 'And a token of a key not fetched yet' },
  up: { try: 'issuer-up', label: 'Issuer up again', hint: 'No OTP is sent until then' },
};

const NO_TOKEN = 'The issuer is down, so there is no token to try with. Bring it up again first.';
const NO_APPROVAL = 'No payment could be approved to try with. Try again.';
const DONE = { 'issuer-up': 'The issuer answers again.', 'start-over': 'Everything is as it was at the start.' };
const PAID = { 200: 'paid before', 201: 'paid' };

const outcome = byId('outcome');
const issuerButton = document.querySelector('[data-try="issuer-down"]');

/** The buttons that try what a guard must refuse. The desk's back end sends the requests: it holds the token. */
export function tryByButtons() {
  for (const button of document.querySelectorAll('[data-try]')) {
    button.addEventListener('click', () => void run(button));
  }
  learnState().catch(() => undefined);
}

async function run(button) {
  if (button.ariaBusy === 'true') return;
  button.ariaBusy = 'true';
  outcome.textContent = '';
  outcome.textContent = await outcomeOf(button.dataset.try).catch(() => 'No answer from the desk.');
  button.ariaBusy = 'false';
}

/** Resolves with what came of it, in words. */
async function outcomeOf(name) {
  // Its code is about to be forgotten.
  if (name === 'start-over') cancel();
  const response = await fetch(`/tries/${name}`, { method: 'POST' });
  const { answers = [], isIssuerDown } = await response.json();
  showIssuer(isIssuerDown);
  if (!response.ok) return isIssuerDown ? NO_TOKEN : NO_APPROVAL;
  const answered = answers.map(
    ({ service, status, code }) => `${SERVICES[service]}: ${status} ${code ?? PAID[status] ?? ''}.`,
  );
  return DONE[name] ?? answered.join(' ');
}

async function learnState() {
  const { isIssuerDown } = await (await fetch('/tries')).json();
  showIssuer(isIssuerDown);
}

function showIssuer(isDown) {
  const next = isDown ? ISSUER.up : ISSUER.down;
  issuerButton.dataset.try = next.try;
  issuerButton.textContent = next.label;
  byId('issuer-hint').textContent = next.hint;
}
