import { randomUUID } from 'node:crypto';
import { getVerifiedMobile, requireVerifiedMobile } from '@verified-mobile/express';
import express, { type ErrorRequestHandler, type Express } from 'express';

/** A payout service. Each payout takes a mobile verified within the last five minutes, and uses that proof up. */
export async function createPayoutService(options?: Parameters<typeof requireVerifiedMobile>[0]): Promise<Express> {
  const verifiedMobile = requireVerifiedMobile(options);
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
