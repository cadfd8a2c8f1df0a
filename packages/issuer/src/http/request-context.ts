import { randomUUID } from 'node:crypto';
import type { Context, MiddlewareHandler } from 'hono';
import { routePath } from 'hono/route';
import type { RecordedEvent } from '../domain/events.ts';
import type { Ports } from '../domain/ports.ts';
import type { Account } from '../setup/resolve-accounts.ts';
import type { Runtime } from '../setup/runtime.ts';
import { newTransactionId } from '../domain/wire-values.ts';
import { callerAddress, type Connection } from './caller-address.ts';

/** What every request has; `account` from authentication on, body and bytes once they were read. */
export interface RequestEnvironment {
  readonly Bindings: Connection;
  readonly Variables: {
    readonly requestId: string;
    /** `tid` of the answer. */
    readonly tid: string;
    /** Where the request came from; `undefined` if that is not known. */
    readonly address: string | undefined;
    /** The lines of this request: whether each was written. */
    readonly ledgerWrites: Promise<boolean>[];
    readonly account: Account;
    /** `undefined` if the body is not a JSON object. */
    readonly body: Readonly<Record<string, unknown>> | undefined;
    /** The same as it arrived. */
    readonly bodyBytes: Uint8Array;
  };
}

export type RequestContext = Context<RequestEnvironment>;

const REQUEST_ID_HEADER = 'x-request-id';
/** What a proxy in front may have called the request. Anything else could forge lines of a log. */
const FOREIGN_REQUEST_ID = /^[A-Za-z0-9._-]{8,64}$/;

/** Names the request, keeps its answer out of caches, and reports it once it is answered. */
export function requestContext({ options }: Runtime): MiddlewareHandler<RequestEnvironment> {
  const { onRequest, trustedProxies } = options;
  return async (context, next) => {
    // Without a proxy of ours it is the caller who wrote it, and could give two requests one name.
    const given = trustedProxies === 0 ? '' : context.req.header(REQUEST_ID_HEADER);
    const requestId = FOREIGN_REQUEST_ID.test(given ?? '') ? String(given) : randomUUID();
    context.set('requestId', requestId);
    context.set('tid', newTransactionId());
    context.set('ledgerWrites', []);
    const forwardedFor = context.req.header('x-forwarded-for');
    context.set('address', callerAddress(forwardedFor, context.env?.remoteAddress, trustedProxies));
    context.header(REQUEST_ID_HEADER, requestId);
    // Answers hold tokens, and Validate Token has one in its URL.
    context.header('cache-control', 'no-store');
    if (onRequest === undefined) return next();
    const startedAt = performance.now();
    await next();
    const route = routePath(context, -1);
    const account = accountOf(context)?.id;
    onRequest({
      requestId,
      method: context.req.method,
      route: route.endsWith('*') ? 'unknown' : route,
      status: context.res.status,
      durationMs: performance.now() - startedAt,
      ...(account !== undefined && { account }),
    });
  };
}

export function portsOf(context: RequestContext, runtime: Runtime): Ports {
  const { requestId, tid, address, account, ledgerWrites: writes } = context.var;
  return runtime.portsFor({ requestId, tid, address, account: account.id, writes });
}

/** For what was refused before a use case began. */
export function recordRefusal(context: RequestContext, runtime: Runtime, event: Pick<RecordedEvent, 'reason'>): void {
  const account = accountOf(context)?.id;
  const { requestId, address, ledgerWrites } = context.var;
  const written = runtime.emit({
    at: runtime.options.clock(),
    kind: 'refusal',
    outcome: 'refused',
    ...event,
    ...(account !== undefined && { account }),
    requestId,
    ...(address !== undefined && { address }),
  });
  ledgerWrites.push(written);
}

function accountOf(context: RequestContext): Account | undefined {
  return context.get('account') as Account | undefined;
}
