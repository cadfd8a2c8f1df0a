import { isJsonObject, ownMember } from '../lib/json.ts';

/** A request as the guard sees it, from any framework or none. */
export interface Presentation<Request = unknown> {
  /** Handed to the application's own functions: `expectMobile`, `transaction`, `idempotencyKey`, `when`. */
  readonly request: Request;
  /** HTTP method, in capitals. Part of the operation. */
  readonly method?: string;
  /** URL as it was received. Its path is part of the operation; its query is not. */
  readonly url?: string;
  /** A header by its lower-case name. */
  readonly header?: (name: string) => string | readonly string[] | undefined;
  /** The body, if something has parsed it already. The guard reads none by itself. */
  readonly body?: unknown;
}

/** Where a token may be: a header, a field of a parsed JSON or form body, or anywhere that a function looks. */
export type TokenSource<Request = unknown> =
  | { readonly header: string }
  | { readonly bodyField: string }
  | ((request: Request) => unknown);

export const DEFAULT_TOKEN_SOURCES: readonly TokenSource[] = [
  // No underscore in the header's name: nginx drops those.
  { header: 'otp-verification-token' },
  { bodyField: 'otp_verification_token' },
];

export type FoundToken =
  | { readonly outcome: 'none' }
  | { readonly outcome: 'several' }
  | { readonly outcome: 'one'; readonly token: unknown };

/** Step 1. Sources may repeat one token; two tokens are refused, or a proxy and the guard could each see another. */
export function findToken<Request>(
  presentation: Presentation<Request>,
  sources: readonly TokenSource<Request>[],
): FoundToken {
  const found = new Set<unknown>();
  for (const source of sources) {
    const value = readSource(presentation, source);
    if (value === undefined || value === null || value === '') continue;
    // Repeated headers arrive as a list, or joined by commas. A token holds no comma.
    if (isHeader(source) && (typeof value !== 'string' || value.includes(','))) return { outcome: 'several' };
    found.add(value);
  }
  if (found.size > 1) return { outcome: 'several' };
  const [token] = found;
  return token === undefined ? { outcome: 'none' } : { outcome: 'one', token };
}

function isHeader(source: TokenSource<never>): boolean {
  return 'header' in source;
}

function readSource<Request>(presentation: Presentation<Request>, source: TokenSource<Request>): unknown {
  if (typeof source === 'function') return source(presentation.request);
  if ('header' in source) return presentation.header?.(source.header);
  return isJsonObject(presentation.body) ? ownMember(presentation.body, source.bodyField) : undefined;
}

/** The path of the URL: what the caller may vary without making another request of it is left out. */
export function routeOf(url: string): string {
  const query = url.indexOf('?');
  return query === -1 ? url : url.slice(0, query);
}

/** A question a browser asks before the real request (Fetch standard, "CORS-preflight request"). It carries no token. */
export function isCorsPreflight({ method, header }: Presentation): boolean {
  return method === 'OPTIONS' && Boolean(header?.('origin')) && Boolean(header?.('access-control-request-method'));
}
