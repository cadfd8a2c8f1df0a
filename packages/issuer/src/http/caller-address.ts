import { type BlockList, isIP } from 'node:net';

/** What the server knows of a request beside the `Request`. */
export interface Connection {
  /** Path and query as they arrived: what the caller signed. Default: those of the request's URL, which may be spelt anew. */
  readonly target?: string | undefined;
  /** Of the other end of the connection: the proxy's, if there is one. */
  readonly remoteAddress?: string | undefined;
}

const IPV4_IN_IPV6 = /^::ffff:([0-9.]+)$/i;

/**
 * Where a request comes from. Each proxy appends the address it saw to `X-Forwarded-For`, so only as many entries from
 * the right can be believed as there are proxies of ours; the caller may have written all the others.
 *
 * @returns `undefined` if there are too few entries, or if the entry is no address
 */
export function callerAddress(
  forwardedFor: string | undefined,
  remoteAddress: string | undefined,
  trustedProxies: number,
): string | undefined {
  const entries = forwardedFor?.split(',').map((entry) => entry.trim()) ?? [];
  const address = trustedProxies === 0 ? remoteAddress : entries[entries.length - trustedProxies];
  const plain = address?.replace(IPV4_IN_IPV6, '$1');
  return plain !== undefined && isIP(plain) !== 0 ? plain : undefined;
}

export function isAllowed(address: string | undefined, allowed: BlockList): boolean {
  return address !== undefined && allowed.check(address, isIP(address) === 4 ? 'ipv4' : 'ipv6');
}
