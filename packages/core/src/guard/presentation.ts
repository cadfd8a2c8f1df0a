import { isJsonObject, ownMember } from '../lib/json.ts';

/** A request as the guard sees it, from any framework or none. */
export interface Presentation<Request = unknown> {
  /** Handed to the application's own functions: `expectMobile`, `transaction`, `idempotencyKey`, `when`. */
  readonly request: Request;
  /** HTTP method, in capitals. Part of the operation. */
  readonly method?: string;
  /** URL as it was received, with its host or without. Its path is part of the operation; host and query are not. */
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
export async function findToken<Request>(
  presentation: Presentation<Request>,
  sources: readonly TokenSource<Request>[],
): Promise<FoundToken> {
  let found: FoundToken = { outcome: 'none' };
  for (const source of sources) {
    const read = readSource(presentation, source);
    const value = typeof source === 'function' ? await read : read;
    if (value === undefined || value === null || value === '') continue;
    // Repeated headers arrive as a list, or joined by commas. A token holds no comma.
    if (isHeader(source) && (typeof value !== 'string' || value.includes(','))) return { outcome: 'several' };
    if (found.outcome === 'one' && found.token !== value) return { outcome: 'several' };
    found = { outcome: 'one', token: value };
  }
  return found;
}

function isHeader(source: TokenSource<never>): boolean {
  return 'header' in source;
}

function readSource<Request>(presentation: Presentation<Request>, source: TokenSource<Request>): unknown {
  if (typeof source === 'function') return source(presentation.request);
  if ('header' in source) return presentation.header?.(source.header);
  return isJsonObject(presentation.body) ? ownMember(presentation.body, source.bodyField) : undefined;
}

/** Whether the request brought a body of a kind that holds tokens, and nothing has parsed it. */
export function hasUnparsedBody({ body, header }: Presentation): boolean {
  if (body !== undefined && body !== null) return false;
  const type = header?.('content-type');
  return typeof type === 'string' && /^application\/(?:json|x-www-form-urlencoded)\b/i.test(type);
}

/** The path of the URL: what the caller may vary without making another request of it is left out, host and query. */
export function routeOf(url: string): string {
  return /^(?:[a-z][a-z\d+.-]*:\/\/[^/?#]*)?([^?#]*)/i.exec(url)?.[1] ?? '';
}

/** What an HTTP/1 and an HTTP/2 request of Node have in common. */
export interface NodeRequest {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly rawHeaders: readonly string[];
}

/**
 * For adapters on Node: reads headers from a request, and one that came in several lines as a list. In `headers` Node
 * drops the second line of `Authorization` and of some others, so that a proxy and the guard could each see another token.
 */
export function nodeHeaders({ headers, rawHeaders }: NodeRequest): NonNullable<Presentation['header']> {
  return (name) => {
    if (headers[name] === undefined) return undefined;
    const lines = rawHeaders.filter((_, at) => at % 2 === 1 && rawHeaders[at - 1]?.toLowerCase() === name);
    return lines.length > 1 ? lines : headers[name];
  };
}
