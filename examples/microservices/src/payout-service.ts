import { getVerifiedMobile, type VerifiedMobileHandler } from '@verified-mobile/express';
import express, { type ErrorRequestHandler, type Express, type Request, type Response } from 'express';
import type { PayoutTable } from './payout-table.ts';

/** A payout service. A proof that was used here, or in any other service, pays nothing else. */
export function createPayoutService(verifiedMobile: VerifiedMobileHandler, payouts: PayoutTable): Express {
  const app = express();
  app.use(express.json());

  const payOut = async (req: Request, res: Response): Promise<void> => {
    const { mobile, proofId, retry } = getVerifiedMobile(req);
    const { amount, currency, account, ifsc } = (req.body ?? {}) as Record<string, unknown>;
    const payout = await payouts.pay(proofId, { mobile, amount, currency, account, ifsc }, retry);
    if (payout) res.status(201).json({ payoutId: payout.payoutId, proofId, ...(payout.details as object) });
    else res.status(409).json({ status: 409, title: 'This payout was requested before, and its outcome is not known' });
  };
  app.post('/payouts', verifiedMobile, (req, res, next) => void payOut(req, res).catch(next));

  app.use(answerFault);
  return app;
}

const answerFault: ErrorRequestHandler = (error: { status?: number }, _req, res, _next) => {
  const { status = 500 } = error;
  res.status(status).json({ status, title: status < 500 ? 'The body cannot be read' : 'Internal error' });
};
