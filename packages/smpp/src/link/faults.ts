import { bindRemedyOf, nameOf } from '../wire/statuses.ts';
import type { SessionEnd } from './session.ts';

/** A change in the connection to a provider that an operator wants to know of. */
export interface SmppFault {
  /**
   * `bound`: messages can be sent, at the start or again. `lost`: the connection broke. `unreachable`: none can be made.
   * `bind-refused`: the provider does not let this account in. `throttled`: it takes no more for a while.
   * `receipt-failed`: the function that takes receipts threw.
   */
  readonly kind: 'bound' | 'lost' | 'unreachable' | 'bind-refused' | 'throttled' | 'receipt-failed';
  /** The route's name. */
  readonly route: string;
  /** What happened and, if there is something to do, what to do: one line, without secrets. */
  readonly message: string;
  /** The status that the provider gave: `ESME_RINVPASWD`. */
  readonly status?: string;
}

/** A fault without the name of the route. */
export type LinkFault = Omit<SmppFault, 'route'>;

const ENDS: Readonly<Record<Exclude<SessionEnd['kind'], 'broken'>, string>> = {
  closed: 'the provider closed the connection',
  silent: 'the provider did not answer enquire_link in time',
  garbage: 'the provider sent what is no SMPP',
  unbound: 'the provider ended the session (unbind)',
  'not-reading': 'the provider does not read what it is sent',
  'hung-up': 'this side hung up',
};

const TLS_REMEDIES: readonly (readonly [RegExp, string])[] = [
  [
    /SELF_SIGNED|UNABLE_TO_(?:GET_ISSUER|VERIFY)|CERT_UNTRUSTED/,
    'Its certificate is of an authority that is not known here: set tls.ca.',
  ],
  [/ALTNAME_INVALID/, 'Its certificate is for another name: use that name in url, or set tls.servername.'],
  [/CERT_HAS_EXPIRED|CERT_NOT_YET_VALID/, 'Its certificate is not valid today: ask the provider for a new one.'],
  [/WRONG_VERSION_NUMBER|ERR_SSL/, 'It does not speak TLS on this port: use smpp:// or the port for TLS.'],
];

export function lost(address: string, end: SessionEnd): LinkFault {
  return { kind: 'lost', message: `lost ${address}: ${describe(end)}. The connection is made anew.` };
}

function describe(end: SessionEnd): string {
  return end.kind === 'broken' ? `the connection broke (${safeCode(end.code)})` : ENDS[end.kind];
}

export function unreachable(address: string, error: unknown): LinkFault {
  const code = safeCode((error as NodeJS.ErrnoException).code);
  const remedy = TLS_REMEDIES.find(([pattern]) => pattern.test(code))?.[1];
  return {
    kind: 'unreachable',
    message: `cannot reach ${address} (${code}). ${remedy ?? 'Is the address right, and is this host let through?'} It is tried again.`,
  };
}

/** The provider's answer to the bind, or how the connection ended without one. */
export type BindFailure = { readonly status: number } | { readonly end: SessionEnd } | 'unanswered';

export function bindRefused(address: string, failure: BindFailure): LinkFault {
  const kind = 'bind-refused';
  if (failure === 'unanswered') {
    return { kind, message: `${address} did not answer the bind in time. It is tried again.` };
  }
  if ('end' in failure) {
    const what = `${address} did not answer the bind: ${describe(failure.end)}`;
    return { kind, message: `${what}. Is the address of this host on its list? It is tried again.` };
  }
  const status = nameOf(failure.status);
  const remedy = bindRemedyOf(failure.status) ?? 'Ask the provider what it means.';
  return { kind, message: `${address} refused the bind with ${status}. ${remedy} It is tried again.`, status };
}

export function bound(address: string): LinkFault {
  return { kind: 'bound', message: `bound to ${address}.` };
}

export function throttled(address: string, status: number): LinkFault {
  const name = nameOf(status);
  return {
    kind: 'throttled',
    message: `${address} takes no more for a while (${name}). If this goes on, ask it for a higher rate, or set a smaller window.`,
    status: name,
  };
}

/** Node's own names for errors. Any other text may hold whatever the peer wrote. */
function safeCode(code: unknown): string {
  return typeof code === 'string' && /^[A-Z][A-Z0-9_]{1,60}$/.test(code) ? code : 'unknown error';
}
