import { createField, type FieldState, isMistyped, show, showModal } from './field.ts';
import { digitsOf } from './otp-digits.ts';
import type { OtpProblem, OtpSent } from './otp-state.ts';
import { styles } from './styles.ts';
import { english, type OtpTexts } from './texts.ts';
import { receiveOtp } from './web-otp.ts';

// A server that renders the page may import this, and has no elements.
const ElementBase: typeof HTMLElement = globalThis.HTMLElement ?? Object;

/**
 * `<otp-input>`: one field for the OTP, what it approves, the time left, and a new OTP when the server allows one.
 *
 * It sends nothing itself. It fires `approve` when six digits are approved (then, inside a form and unless prevented,
 * submits it) and `resend` when the customer asks for another SMS; the answers go into `sent` and `problem`.
 */
export class OtpInput extends ElementBase {
  static readonly formAssociated = true;

  readonly #internals = this.attachInternals();
  readonly #field = createField(this.attachShadow({ mode: 'open', delegatesFocus: true }));
  readonly #state: FieldState = {
    texts: english,
    sent: undefined,
    problem: undefined,
    isBusy: false,
    isFilledIn: false,
    resendAt: 0,
  };
  #webOtp = new AbortController();
  #dialog: HTMLDialogElement | undefined;
  #ticking: ReturnType<typeof setInterval> | undefined;

  constructor() {
    super();
    const { root, input, approve, resend } = this.#field;
    root.adoptedStyleSheets = styles();
    input.addEventListener('input', () => this.#typed());
    input.addEventListener('keydown', ({ key }) => key === 'Enter' && this.#approve());
    approve.addEventListener('click', () => this.#approve());
    resend.addEventListener('click', () => this.#resend());
    this.value = '';
  }

  /** The digits in the field. */
  get value(): string {
    return this.#field.input.value;
  }
  set value(text: string) {
    const { input } = this.#field;
    input.value = digitsOf(text);
    // Without a state: what the browser keeps of a page must not hold an OTP.
    this.#internals.setFormValue(input.value, null);
    const isWhole = input.value.length === 6;
    this.#internals.setValidity({ patternMismatch: !isWhole }, this.texts.otp_incomplete, input);
  }

  /** Replaces texts; those left out are English. */
  get texts(): OtpTexts {
    return this.#state.texts;
  }
  set texts(texts: Partial<OtpTexts>) {
    this.#update({ texts: { ...english, ...texts } });
    this.value = this.#field.input.value;
  }

  /** The server's answer when it sent an OTP. Starts the clock and listens for the SMS. */
  get sent(): OtpSent | undefined {
    return this.#state.sent;
  }
  set sent(sent: OtpSent | undefined) {
    const resendAt = Date.now() + (sent?.resendAfterSeconds ?? 0) * 1000;
    this.#update({ sent, resendAt, problem: undefined, isFilledIn: false });
    this.#start();
  }

  /** What went wrong, said in words. An `OtpError` is one. */
  get problem(): OtpProblem | undefined {
    return this.#state.problem;
  }
  set problem(problem: OtpProblem | undefined) {
    const wait = problem?.retryAfterSeconds;
    this.#update({ problem, ...(wait && { resendAt: Date.now() + wait * 1000 }) });
    if (!isMistyped(problem)) return;
    this.#field.input.focus();
    this.#field.input.select();
  }

  /** True while an answer is awaited: nothing can be approved or asked for. */
  get busy(): boolean {
    return this.#state.isBusy;
  }
  set busy(isBusy: boolean) {
    this.#update({ isBusy });
  }

  /** Shows it in a modal dialog, once; the element fires `close` when that is closed. */
  showModal(): void {
    this.#dialog = showModal(this.#field);
    this.#dialog.addEventListener('close', () => this.#fire('close'));
    this.#update({});
  }

  /** Closes the dialog: the focus returns to where it was. */
  close(): void {
    this.#dialog?.close();
  }

  connectedCallback(): void {
    this.#update({});
    this.#start();
  }

  disconnectedCallback(): void {
    this.#stop();
  }

  formDisabledCallback(isDisabled: boolean): void {
    const { input, approve, resend } = this.#field;
    input.disabled = approve.disabled = resend.disabled = isDisabled;
  }

  formResetCallback(): void {
    this.value = '';
    this.problem = undefined;
  }

  get #isOver(): boolean {
    return Date.now() >= (this.sent?.expiresAt ?? Infinity);
  }

  #update(changes: Partial<FieldState>): void {
    Object.assign(this.#state, changes);
    if (this.#isOver) {
      this.#webOtp.abort();
      if (!this.problem || isMistyped(this.problem)) this.#state.problem = { code: 'otp_expired' };
    }
    show(this.#field, this.#state);
  }

  #stop(): void {
    clearInterval(this.#ticking);
    this.#webOtp.abort();
  }

  #start(): void {
    this.#stop();
    if (!this.isConnected) return;
    this.#ticking = setInterval(() => this.#update({}), 1000);
    this.#webOtp = new AbortController();
    if (!this.sent || this.#isOver) return;
    receiveOtp(this.#webOtp.signal, (code) => {
      this.value = code;
      this.#update({ isFilledIn: true });
      this.dispatchEvent(new Event('input', { bubbles: true }));
    });
  }

  #typed(): void {
    this.value = this.#field.input.value;
    this.#update({ isFilledIn: false, ...(isMistyped(this.problem) && { problem: undefined }) });
  }

  #approve(): void {
    if (this.busy) return;
    const isWhole = this.value.length === 6;
    if (!isWhole || this.#isOver) return void (this.problem = { code: isWhole ? 'otp_expired' : 'otp_incomplete' });
    this.#webOtp.abort();
    if (this.#fire('approve')) this.#internals.form?.requestSubmit();
  }

  #resend(): void {
    if (!this.busy && Date.now() >= this.#state.resendAt) this.#fire('resend');
  }

  /** True unless the page prevents what would follow. */
  #fire(type: string): boolean {
    return this.dispatchEvent(new Event(type, { cancelable: true }));
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'otp-input': OtpInput;
  }
}

// Two copies of the package on one page share the first one's element.
if (!globalThis.customElements?.get('otp-input')) globalThis.customElements?.define('otp-input', OtpInput);
