import { byId, element } from './element.js';
import { forgetCodes } from './phone.js';

const place = byId('approval');
const pay = byId('pay');
let asking;
let aheadSeconds = 0;

/** The `askForOtp` of `withMobileProof`: asks in the page, since a dialog would cover the phone. */
export async function askInPage(session) {
  await new Promise((resolve) => {
    asking = { field: openField(session, resolve), end: resolve };
    show(true);
    asking.field.focus();
  });
  asking = undefined;
  show(false);
  pay.focus();
  place.replaceChildren();
  forgetCodes();
}

export const isAsking = () => asking !== undefined;

export const cancel = () => asking?.end();

/** What a phone does when the customer taps the code above its keyboard. */
export function fill(code) {
  const { field } = asking;
  field.value = code;
  field.problem = undefined;
  field.focus();
}

/** The OTP is good until then by the sandbox's clock: when that is moved, less time is left. */
export function clockMoved(clock) {
  const movedSeconds = clock.aheadSeconds - aheadSeconds;
  aheadSeconds = clock.aheadSeconds;
  const sent = asking?.field.sent;
  if (!sent) return;
  const resendAfterSeconds = Math.max(0, sent.resendAfterSeconds - movedSeconds);
  asking.field.sent = { ...sent, resendAfterSeconds, expiresAt: sent.expiresAt - movedSeconds * 1000 };
}

function openField({ send, verify, signal }, end) {
  const field = element('otp-input');
  const cancelButton = element('button', { type: 'button', class: 'quiet' }, 'Cancel');
  const attempt = async (work) => {
    field.busy = true;
    await work().catch((error) => (field.problem = error));
    field.busy = false;
  };
  const sendNew = () => void attempt(async () => (field.sent = await send()));
  field.addEventListener('approve', () => void attempt(async () => verify(field.value).then(end)));
  field.addEventListener('resend', sendNew);
  cancelButton.addEventListener('click', end);
  signal.addEventListener('abort', end);
  place.replaceChildren(field, cancelButton);
  sendNew();
  return field;
}

/** The field says itself what is paid, and to whom. */
function show(isShown) {
  place.hidden = !isShown;
  pay.hidden = byId('bill').hidden = isShown;
}
