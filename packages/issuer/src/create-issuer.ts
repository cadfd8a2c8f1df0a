import { randomUUID } from 'node:crypto';
import { normaliseMobile } from '@verified-mobile/core';
import { subjectKey } from './domain/challenge.ts';
import { createApp } from './http/app.ts';
import type { Connection } from './http/caller-address.ts';
import { ownsPath } from './http/paths.ts';
import { IssuerError, misconfigured } from './lib/errors.ts';
import { refuseUnknownNames } from './lib/settings.ts';
import type { IssuerOptions, Reloadable } from './setup/options.ts';
import type { Account } from './setup/resolve-accounts.ts';
import { type ResolvedOptions, resolveOptions } from './setup/resolve-options.ts';
import { startCheckpoints } from './setup/checkpoints.ts';
import { createRuntime } from './setup/runtime.ts';
import { signCheckpoint } from './tokens/sign-checkpoint.ts';

/** A web-standard handler: mount it wherever a `Request` arrives. */
export interface Issuer {
  /** `connection` is needed for accounts with `allowedAddresses`; `serve()` and the middlewares pass it. */
  readonly fetch: (request: Request, connection?: Connection) => Promise<Response>;
  /** Whether a path is one of the issuer's, for hosts that serve others too. */
  readonly owns: (path: string) => boolean;
  /**
   * Puts other accounts, keys, peppers or another DLT registry in force, for requests that come from now on.
   *
   * @throws {IssuerError} `invalid_configuration`: everything stays as it was
   */
  readonly reload: (changes: Partial<Reloadable>) => void;
  /**
   * Forgets the failures of a mobile at an account, the stop after 100 in a row included. A session that was named and has to
   * wait waits on, an hour at most. Check who asks for it; the ledger has it as an event.
   *
   * @throws {IssuerError} `invalid_configuration` for an account that does not exist, and for what is no mobile
   */
  readonly release: (accountId: string, mobile: string) => Promise<void>;
  /**
   * Resolves if store, outbox and ledger can be written, the replay store be reached, and one route at least can hand
   * something over, else rejects; `/ready` then answers 503.
   */
  readonly ready: () => Promise<void>;
  /** From now on `/ready` says 503, so that balancers send nothing new; all else is answered as before. */
  readonly drain: () => void;
  /**
   * Waits for the SMS that are being handed over, `smsTimeoutMs` at most, leaves those that wait to other nodes, and closes
   * the routes; then writes what the ledger still holds, and signs the last checkpoint of it.
   */
  readonly close: () => Promise<void>;
}

/**
 * The OTP service as one handler: Send OTP, Verify OTP, Validate Token, Consume Token and usage below `basePath`, the
 * public keys at `/.well-known/jwks.json`, `/openapi.json`, `/health` and `/ready`.
 *
 * @throws {IssuerError} `invalid_configuration` for anything that can be refused before the first request
 *
 * @example
 * ```ts
 * const issuer = createIssuer({
 *   issuer: 'https://otp.example.in',
 *   accounts: [{ id: 'shop', developerKey, accessKeys: [accessKey], initiatorId, audience: 'payouts', senderSignature }],
 *   signingKeys: [createPrivateKey(pem)],
 *   peppers: [Buffer.from(pepperInBase64, 'base64')],
 *   sendSms: async ({ to, text }, { signal }) => {
 *     const { id } = await provider.send(to, text, { signal });
 *     return { outcome: 'accepted', messageId: id };
 *   },
 *   store: redisOtpStore(nodeRedis(client)), // several nodes; without it one node, in memory
 * });
 * await serve(issuer.fetch, { port: 4000 });
 * ```
 */
export function createIssuer(options: IssuerOptions): Issuer {
  return issuerOf(resolveOptions(options));
}

export function issuerOf(options: ResolvedOptions): Issuer {
  const runtime = createRuntime(options);
  const { store, ledger, clock, basePath } = runtime.options;
  let isDraining = false;
  const ready = async (): Promise<void> => {
    if (isDraining) throw new IssuerError('draining', 'The issuer is shutting down.');
    const { replayStore } = runtime.options;
    await Promise.all([store.ready?.(), ledger?.ready(), replayStore?.ready?.(), runtime.delivery.ready()]);
  };
  const app = createApp(runtime, ready);
  const { issuer, onCheckpoint } = runtime.options;
  const endCheckpoints = startCheckpoints({
    ledger,
    sign: (head) => signCheckpoint(head, { issuer, keys: runtime.inForce().signingKeys, now: clock() }),
    onCheckpoint,
    reportFault: runtime.reportFault,
  });
  return {
    fetch: async (request, connection = {}) => app.fetch(request, connection),
    owns: (path) => ownsPath(path, basePath),
    reload(changes) {
      refuseUnknownNames('reload', changes, ['accounts', 'signingKeys', 'peppers', 'dltRegistry']);
      runtime.reload(changes);
    },
    async release(accountId, spelling) {
      const mobile = normaliseMobile(spelling);
      if (mobile === undefined) throw misconfigured('release() takes an Indian mobile.');
      requireAccount(accountId, runtime.inForce().accounts);
      await store.release(subjectKey({ account: accountId, mobile }), clock());
      const about = runtime.pseudonyms.ofMobile(mobile);
      const event = { kind: 'release', outcome: 'accepted', account: accountId, requestId: randomUUID() } as const;
      await runtime.emit({ at: clock(), ...event, ...about });
    },
    ready,
    drain: () => void (isDraining = true),
    async close() {
      await runtime.delivery.close();
      await ledger?.close();
      endCheckpoints();
    },
  };
}

function requireAccount(id: string, accounts: ReadonlyMap<string, Account>): void {
  const ids = [...accounts.values()].map((account) => account.id);
  if (!ids.includes(id)) throw misconfigured(`There is no account ${id}. There are ${ids.join(', ')}.`);
}
