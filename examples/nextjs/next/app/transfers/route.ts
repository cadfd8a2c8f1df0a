import { getVerifiedMobile, withVerifiedMobile } from '@verified-mobile/core/fetch';
import { guardOptions } from '../../lib/guard-options';
import { customerOf } from '../../lib/session';

/** What a transfer is about: the SMS says it, and the guard compares it. */
function transactionOf(transfer: unknown): object {
  const { amount, payee } = Object(transfer) as Record<string, unknown>;
  return { amount, payee };
}

/** Takes the proof of the customer who is signed in, for this amount and payee. */
export const POST = withVerifiedMobile(
  async (request: Request) => {
    const { proofId } = getVerifiedMobile(request);
    return Response.json({ proofId, ...transactionOf(await request.json()) }, { status: 201 });
  },
  {
    ...guardOptions,
    expectMobile: (request) => customerOf(request)?.mobile,
    // A copy: a body can be read once, and the handler reads it, too.
    transaction: async (request) => transactionOf(await request.clone().json()),
  },
);
