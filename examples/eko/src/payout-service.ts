import { randomUUID } from 'node:crypto';
import { remoteValidation } from '@verified-mobile/core';
import { getVerifiedMobile, requireVerifiedMobile } from '@verified-mobile/express';
import express, { type ErrorRequestHandler, type Express } from 'express';
import { ekoAccount } from './eko-account.ts';

/** A payout service. Eko says whether a token is valid; the guard sees to it that each is used once. */
export async function createPayoutService(): Promise<Express> {
  const verifiedMobile = requireVerifiedMobile({
    issuers: {
      keys: remoteValidation(ekoAccount(process.env)),
      // Eko publishes none of these: its validate call answers for them, and a digest stands in for the token's id.
      issuer: null,
      audience: null,
      claims: { tokenId: null },
    },
  });
  const app = express();
  app.use(express.json());

  app.post('/payouts', verifiedMobile, (req, res) => {
    const { mobile, proofId } = getVerifiedMobile(req);
    const { amount, currency, account, ifsc } = (req.body ?? {}) as Record<string, unknown>;
    res.status(201).json({ payoutId: randomUUID(), proofId, mobile, amount, currency, account, ifsc });
  });

  app.use(answerFault);
  await verifiedMobile.ready();
  return app;
}

const answerFault: ErrorRequestHandler = (error: { status?: number }, _req, res, _next) => {
  const { status = 500 } = error;
  res.status(status).json({ status, title: status < 500 ? 'The body cannot be read' : 'Internal error' });
};
