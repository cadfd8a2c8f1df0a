import { signedMessageHeaders } from '@verified-mobile/client';
import type { ReplayStore, TokenUse } from '@verified-mobile/core';
import { isolatedMemoryReplayStore } from '@verified-mobile/core/testing';
import type { IssuerAccount, IssuerOptions } from '@verified-mobile/issuer';
import { BANK, type IssuerUnderTest, issuerUnderTest, OTP_URL, sendBody, SHOP, START } from './issuer-under-test.ts';

/** The account that takes signed messages only, beside one that does not. */
export const STRICT: IssuerAccount = { ...SHOP, requireMessageSignature: true };

export interface StrictIssuer extends IssuerUnderTest {
  /** What the replay store was asked. */
  readonly uses: TokenUse[];
}

export function strictIssuer(changes: Partial<IssuerOptions> = {}): StrictIssuer {
  const uses: TokenUse[] = [];
  const clock = { now: START };
  const store = changes.replayStore ?? isolatedMemoryReplayStore({ clock: () => clock.now });
  const replayStore: ReplayStore = {
    scope: 'shared',
    async consume(use, options) {
      uses.push(use);
      return store.consume(use, options);
    },
  };
  const accounts = [STRICT, BANK];
  const issuer = issuerUnderTest({ accounts, clock: () => clock.now, ...changes, replayStore });
  return { ...issuer, clock, uses };
}

export interface Message {
  readonly method: string;
  readonly url: string;
  readonly body?: string | Uint8Array<ArrayBuffer>;
  readonly headers: Readonly<Record<string, string>>;
}

interface Signer {
  readonly now?: number;
  readonly account?: IssuerAccount;
  readonly accessKey?: string;
}

/** A message of the strict account, signed as a whole. */
export function signedMessage(
  method = 'POST',
  url = OTP_URL,
  body: string | undefined = method === 'POST' ? JSON.stringify(sendBody()) : undefined,
  signer: Signer = {},
): Message {
  const { now = START, account = STRICT } = signer;
  const target = url.slice(new URL(url).origin.length);
  const keys = { developerKey: account.developerKey, accessKey: signer.accessKey ?? account.accessKeys[0] ?? '' };
  const headers = signedMessageHeaders(keys, { method, target, body: body ?? '' }, now);
  if (body === undefined) return { method, url, headers };
  return { method, url, headers: { ...headers, 'content-type': 'application/json' }, body };
}

export function requestOf({ url, ...init }: Message): Request {
  return new Request(url, init);
}

/** The same message without some of its headers. */
export function without(message: Message, ...names: string[]): Message {
  const headers = Object.fromEntries(Object.entries(message.headers).filter(([name]) => !names.includes(name)));
  return { ...message, headers };
}
