import { AsyncLocalStorage } from 'node:async_hooks';
import { type GuardOptions, jwks } from '@verified-mobile/core';
import { SANDBOX_CREDENTIALS, type Sandbox } from '@verified-mobile/issuer/sandbox';
import { CUSTOMER, transactionOf } from './demo.ts';

/** Which attempt of the page a request is, for the list of decisions. Proves nothing. */
export const ATTEMPT_HEADER = 'desk-attempt';

/** Of the request that a guard is deciding on: its hook is told of the decision alone. */
export const attempts: AsyncLocalStorage<string | undefined> = new AsyncLocalStorage();

export interface Trusted {
  readonly sandbox: Sandbox;
  readonly issuerUrl: string;
}

export interface RequestReader<Request> {
  readonly body: (request: Request) => unknown;
  readonly idempotencyKey: (request: Request) => string | undefined;
}

/** A guard at its best: for this customer, this payout and this operation alone. */
export function guardOptionsFor<Request>(
  service: string,
  { sandbox, issuerUrl }: Trusted,
  { body, idempotencyKey }: RequestReader<Request>,
): GuardOptions<Request> {
  const { onDecision, ...sandboxOptions } = sandbox.guardOptions;
  return {
    ...sandboxOptions,
    issuers: {
      issuer: issuerUrl,
      audience: SANDBOX_CREDENTIALS.audience,
      keys: jwks(`${issuerUrl}/.well-known/jwks.json`),
    },
    service,
    expectMobile: () => CUSTOMER.mobile,
    transaction: (request) => transactionOf(body(request)),
    idempotencyKey,
    onDecision: async (decision) => {
      const told = { ...decision, service, attempt: attempts.getStore() };
      return onDecision(told);
    },
  };
}
