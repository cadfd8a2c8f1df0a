import { withMobileProof } from '../verified-mobile/index.js';
import { byId, element } from './element.js';
import { forgetCodes } from './phone.js';

/** Pays by the button, and asks for the OTP in the page: a dialog would cover the phone. */
export function createPayment() {
  const pay = byId('pay');
  const outcome = byId('outcome');
  const approval = byId('approval');
  const bill = byId('bill');
  let asking;
  let aheadSeconds = 0;

  /** The field says itself what is paid, and to whom. */
  const show = (isAsking) => {
    approval.hidden = !isAsking;
    bill.hidden = pay.hidden = isAsking;
  };

  const ask = async ({ send, verify, signal }) => {
    const field = element('otp-input');
    const cancel = element('button', { type: 'button', class: 'quiet' }, 'Cancel');
    approval.replaceChildren(field, cancel);
    show(true);
    const attempt = async (work) => {
      field.busy = true;
      await work().catch((error) => (field.problem = error));
      field.busy = false;
    };
    const sendNew = () => void attempt(async () => (field.sent = await send()));
    await new Promise((resolve) => {
      asking = { field, end: resolve };
      field.addEventListener('approve', () => void attempt(async () => verify(field.value).then(resolve)));
      field.addEventListener('resend', sendNew);
      cancel.addEventListener('click', resolve);
      signal.addEventListener('abort', resolve);
      field.focus();
      sendNew();
    });
    asking = undefined;
    show(false);
    pay.focus();
    approval.replaceChildren();
    forgetCodes();
  };
  const fetchWithProof = withMobileProof(fetch, { askForOtp: ask });

  const request = async () => {
    const { amount, account } = pay.dataset;
    const response = await fetchWithProof('/payouts', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ amount: Number(amount), account }),
    });
    const { payoutId, detail, code } = await response.json();
    return response.status === 201 ? `Paid. Payout ${payoutId.slice(0, 8)}.` : `Not paid. ${detail ?? code}`;
  };
  const run = async () => {
    if (pay.ariaDisabled === 'true') return;
    pay.ariaDisabled = 'true';
    outcome.textContent = '';
    outcome.textContent = await request().catch(({ name }) =>
      name === 'AbortError' ? 'Not paid: the payout was not approved.' : 'Not paid: no answer.',
    );
    pay.ariaDisabled = 'false';
  };
  pay.addEventListener('click', () => void run());
  return {
    isAsking: () => asking !== undefined,
    /** What a phone does when the customer taps the code above its keyboard. */
    fill(code) {
      asking.field.value = code;
      asking.field.problem = undefined;
      asking.field.focus();
    },
    cancel: () => asking?.end(),
    /** The OTP is good until then by the sandbox's clock: when that is moved, less time is left. */
    clockMoved(clock) {
      const movedSeconds = clock.aheadSeconds - aheadSeconds;
      aheadSeconds = clock.aheadSeconds;
      const sent = asking?.field.sent;
      if (!sent) return;
      const resendAfterSeconds = Math.max(0, sent.resendAfterSeconds - movedSeconds);
      asking.field.sent = { ...sent, resendAfterSeconds, expiresAt: sent.expiresAt - movedSeconds * 1000 };
    },
  };
}
