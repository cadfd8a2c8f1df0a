import { element } from './element.js';

/** What the page, or the desk for it, has tried. */
export const ATTEMPTS = {
  pay: 'Pay 2,500',
  'paid-for-you': 'A payment to try again, approved for you',
  again: 'Same token again',
  'on-koa': 'Same token on Koa',
  'other-amount': 'Another amount',
  'two-tabs': 'From two tabs at once',
  'five-minutes': 'After five minutes',
  forged: 'A forged token',
  'same-key': 'Retry, same key',
  'issuer-down': 'Issuer down',
};

export const SERVICES = { express: 'Express', koa: 'Koa' };

export const PASSED = {
  status: 201,
  meaning: 'The proof is fresh, of this customer’s mobile, for this payout, and was not used before. It is used now.',
};

export const RETRIED = {
  status: 200,
  meaning:
    'The same request once more, as after a lost answer. It is answered from the record, and nothing is paid twice.',
};

/** What each code of a refusal means, for people. */
export const MEANINGS = {
  otp_token_missing: {
    status: 401,
    meaning: 'No proof came with the request. The guard asks for one, so the page asks for the OTP.',
  },
  otp_token_ambiguous: {
    status: 400,
    meaning: 'Two different tokens came with one request. The guard does not choose between them.',
  },
  otp_token_invalid: {
    status: 401,
    meaning: 'The issuer did not sign this token, or not for this service. Nothing that it says is believed.',
  },
  otp_token_expired: {
    status: 401,
    meaning: 'The proof is older than five minutes. Whoever holds the phone now must approve again.',
  },
  otp_token_used: {
    status: 401,
    meaning: 'This proof has paid already. It passes once, whichever service sees it and however often it is sent.',
  },
  mobile_mismatch: {
    status: 403,
    meaning: 'The token proves another mobile than the one of the customer who is signed in.',
  },
  transaction_mismatch: {
    status: 403,
    meaning: 'The customer approved another amount or account. This proof is good for that payout alone.',
  },
  guard_unavailable: {
    status: 503,
    meaning:
      'The guard cannot check the token now, so it neither passes it nor calls it invalid. Try again with the same token.',
  },
};

/** In the customer's own time. */
export function clockTime(date) {
  const moment = new Date(date);
  return element('time', { datetime: moment.toISOString() }, moment.toLocaleTimeString('en-GB'));
}
