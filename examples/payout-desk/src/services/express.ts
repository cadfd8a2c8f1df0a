import { getVerifiedMobile, requireVerifiedMobile } from '@verified-mobile/express';
import express, { type ErrorRequestHandler, type Express, type Request } from 'express';
import { ATTEMPT_HEADER, attempts, guardOptionsFor, type Trusted } from '../guard-options.ts';
import type { PayoutBook } from '../payout-book.ts';

/** `POST /payouts` on Express. Awaits the issuer's keys. */
export async function createExpressService(trusted: Trusted, book: PayoutBook): Promise<Express> {
  const verifiedMobile = requireVerifiedMobile(
    guardOptionsFor<Request>('express', trusted, {
      body: (req) => req.body as unknown,
      idempotencyKey: (req) => req.get('idempotency-key'),
    }),
  );
  const app = express();
  app.use(express.json());
  app.use((req, _res, next) => attempts.run(req.get(ATTEMPT_HEADER), next));
  app.post('/payouts', verifiedMobile, (req, res) => {
    const { status, body } = book.settle(getVerifiedMobile(req), req.body);
    res.status(status).json(body);
  });
  app.use(answerFault);
  await verifiedMobile.ready();
  return app;
}

const answerFault: ErrorRequestHandler = (error: { status?: number }, _req, res, _next) => {
  const { status = 500 } = error;
  res.status(status).json({ status, title: status < 500 ? 'The body cannot be read' : 'Internal error' });
};
