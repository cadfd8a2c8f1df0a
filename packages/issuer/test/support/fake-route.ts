import type { SmsMessage, SmsReceipt, SmsResult, SmsRoute } from '@verified-mobile/issuer';

type Answer = SmsResult | Promise<SmsResult>;

/** A route of a test's own: what it was handed, and what it answers. */
export interface FakeRoute extends SmsRoute {
  readonly sent: SmsMessage[];
  /** What it answers from now on. */
  answer: (message: SmsMessage, signal: AbortSignal) => Answer;
  /** Of its connection. */
  receipt: (receipt: SmsReceipt) => void;
}

export const ACCEPTED: SmsResult = { outcome: 'accepted' };
export const UNAVAILABLE: SmsResult = { outcome: 'refused', reason: 'unavailable' };
export const THROTTLED: SmsResult = { outcome: 'refused', reason: 'throttled' };

export const hang = async (): Promise<never> => new Promise(() => {});

export function fakeRoute(name: string, changes: Partial<SmsRoute> = {}): FakeRoute {
  const listeners: ((receipt: SmsReceipt) => void)[] = [];
  const sent: SmsMessage[] = [];
  const route: FakeRoute = {
    name,
    sent,
    answer: ({ challengeId }) => ({ outcome: 'accepted', messageId: `${name}-${challengeId}` }),
    receipt: (receipt) => listeners.forEach((listener) => listener(receipt)),
    async send(message, { signal }) {
      sent.push(message);
      return route.answer(message, signal);
    },
    onReceipt: (listener) => void listeners.push(listener),
    ...changes,
  };
  return route;
}

/** The code of the newest SMS. */
export function codeOf({ sent }: FakeRoute): string {
  return sent.at(-1)?.text.slice(0, 6) ?? 'no code was sent';
}

/** An answer that a test gives when it likes. */
export function held(): { answer: () => Promise<SmsResult>; give: (result: SmsResult) => void } {
  let give: (result: SmsResult) => void = () => {};
  const given = new Promise<SmsResult>((resolve) => void (give = resolve));
  return { answer: async () => given, give };
}
