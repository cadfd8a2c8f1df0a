import { randomUUID } from 'node:crypto';
import { getVerifiedMobile, withVerifiedMobile } from '@verified-mobile/core/fetch';
import { guardOptions } from '../../lib/guard-options';

/** Each payout takes a mobile verified within the last five minutes, and uses that proof up. */
export const POST = withVerifiedMobile(async (request: Request) => {
  const { mobile, proofId } = getVerifiedMobile(request);
  const body = (await request.json().catch(() => undefined)) as Record<string, unknown> | null | undefined;
  if (!body) return Response.json({ status: 400, title: 'The body cannot be read' }, { status: 400 });
  const { amount, currency, account, ifsc } = body;
  const payout = { payoutId: randomUUID(), proofId, mobile, amount, currency, account, ifsc };
  return Response.json(payout, { status: 201 });
}, guardOptions);
