import { byId, element } from './element.js';
import { clockTime } from './words.js';

const phone = byId('phone');
const messages = byId('messages');
const noMessages = byId('no-messages');
const MOST_MESSAGES = 20;

/** An SMS arrives. While an OTP is asked for (there is a way to `fill` it in), one tap fills in that of the newest. */
export function showMessage({ to, text, sentAt }, fill) {
  if (to !== phone.dataset.mobile) return;
  forgetCodes();
  const item = element('li', { class: 'message' }, element('p', {}, text), clockTime(sentAt));
  const code = /^\d{6}(?= is the OTP)/.exec(text)?.[0];
  if (code && fill) item.append(fillButton(code, fill));
  messages.prepend(item);
  while (messages.children.length > MOST_MESSAGES) messages.lastElementChild.remove();
  noMessages.hidden = true;
}

function fillButton(code, fill) {
  const button = element('button', { type: 'button' }, `Fill in ${code}`);
  button.addEventListener('click', () => {
    fill(code);
    button.remove();
  });
  return button;
}

/** Offers none any more. */
export function forgetCodes() {
  for (const button of messages.querySelectorAll('button')) button.remove();
}

export function clearPhone() {
  messages.replaceChildren();
  noMessages.hidden = false;
}
