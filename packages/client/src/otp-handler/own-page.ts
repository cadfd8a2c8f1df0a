/**
 * Whether a request comes from a page of this site, or of an origin that is allowed: a page elsewhere could otherwise
 * have SMS sent to a customer who is logged in here.
 */
export function isFromOwnPage({ headers, url }: Request, allowedOrigins: ReadonlySet<string>): boolean {
  const origin = headers.get('origin');
  if (origin !== null && allowedOrigins.has(origin)) return true;

  // Browsers set it, and no page can. It is right behind a proxy that renames the host, too.
  const site = headers.get('sec-fetch-site');
  if (site !== null) return site === 'same-origin';

  // No browser that sends cookies with JSON from another site leaves out both: this is a program, or an app of its own.
  if (origin === null) return true;
  return URL.canParse(origin) && new URL(origin).host === (headers.get('host') ?? new URL(url).host);
}
