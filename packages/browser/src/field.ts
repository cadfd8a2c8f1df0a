import { create } from './create.ts';
import { formatAmount, withTime } from './format.ts';
import type { OtpProblem, OtpSent } from './otp-state.ts';
import type { OtpErrorCode, OtpTexts } from './texts.ts';

/** What an `<otp-input>` shows. */
export interface FieldState {
  texts: OtpTexts;
  sent: OtpSent | undefined;
  problem: OtpProblem | undefined;
  isBusy: boolean;
  isFilledIn: boolean;
  /** Milliseconds since the epoch. */
  resendAt: number;
}

export interface Field {
  readonly root: ShadowRoot;
  readonly content: HTMLElement;
  readonly actions: HTMLElement;
  readonly summary: HTMLElement;
  readonly input: HTMLInputElement;
  readonly approve: HTMLButtonElement;
  readonly resend: HTMLButtonElement;
}

const INPUT = {
  inputmode: 'numeric',
  autocomplete: 'one-time-code',
  pattern: '\\d{6}',
  'aria-describedby': 'summary message status',
};

const BUTTON = { type: 'button' };

export function createField(root: ShadowRoot): Field {
  const rows = ['amount', 'payee'].map((part) =>
    create('div', `${part}-row`, {}, create('dt', part), create('dd', `${part}-value`)),
  );
  const summary = create('dl', 'summary', {}, ...rows);
  const label = create('label', 'otp', { for: 'input' });
  // A timer is not announced as it runs.
  const timeLeft = create('span', 'time-left', { role: 'timer' });
  const input = create('input', 'input', INPUT);
  const message = create('p', 'message', { role: 'alert' });
  const status = create('span', 'status', { role: 'status' });
  const resend = create('button', 'resend', BUTTON);
  const approve = create('button', 'approve', BUTTON);
  const head = create('div', 'head', {}, label, timeLeft);
  const foot = create('div', 'foot', {}, status, resend);
  const actions = create('div', 'actions', {}, approve);
  const content = create('div', 'field', {}, summary, head, input, message, foot, actions);
  root.append(content);
  return { root, content, actions, summary, input, approve, resend };
}

/** Puts all of it into a modal dialog, with a title and a way out. */
export function showModal({ root, content, actions }: Field): HTMLDialogElement {
  const dialog = create('dialog', 'dialog', { 'aria-labelledby': 'title' }, content);
  const cancel = create('button', 'cancel', BUTTON);
  cancel.addEventListener('click', () => dialog.close());
  content.prepend(create('h2', 'title'));
  actions.append(cancel);
  root.append(dialog);
  dialog.showModal();
  return dialog;
}

export function show({ root, content, summary, input, approve, resend }: Field, state: FieldState): void {
  const wait = state.resendAt - Date.now();
  content.lang = state.texts.language;
  summary.hidden = !state.sent?.approving;
  input.ariaInvalid = String(isMistyped(state.problem));
  approve.ariaDisabled = String(state.isBusy);
  resend.ariaDisabled = String(state.isBusy || wait > 0);
  for (const [part, text] of Object.entries(wordsFor(state, wait))) {
    const element = root.getElementById(part);
    // To change an equal text is to have it announced again.
    if (element && element.textContent !== text) element.textContent = text;
  }
}

/** What is wrong with the digits in the field, and not with the way to the server. */
export function isMistyped(problem: OtpProblem | undefined): boolean {
  return /wrong|incomplete/.test(problem?.code ?? '');
}

/** The text of each part. Those that have the name of a text have that text. */
function wordsFor({ texts, sent, problem, isBusy, isFilledIn }: FieldState, wait: number): Record<string, string> {
  const left = sent ? sent.expiresAt - Date.now() : 0;
  const sentTo = sent ? texts.sentTo.replace('{mobile}', () => sent.mobile) : '';
  const status = isFilledIn ? texts.filledIn : sentTo;
  const approving = sent?.approving;
  return {
    ...texts,
    'amount-value': approving ? formatAmount(approving, texts.language) : '',
    'payee-value': approving ? approving.payee : '',
    'time-left': left > 0 ? withTime(texts.timeLeft, left) : '',
    message: problem ? (texts[problem.code as OtpErrorCode] ?? texts.failed) : '',
    status: isBusy ? texts.busy : status,
    resend: wait > 0 ? withTime(texts.resendIn, wait) : texts.resend,
  };
}
