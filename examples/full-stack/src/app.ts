import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { createOtpClient, otpHandler } from '@verified-mobile/client';
import { otpMiddleware } from '@verified-mobile/client/node';
import { getVerifiedMobile, requireVerifiedMobile } from '@verified-mobile/express';
import express, { type ErrorRequestHandler, type Express, type Request } from 'express';
import { type Customer, customers, payees, payOnce, payouts, type Transaction } from './records.ts';

const PUBLIC = fileURLToPath(new URL('../public', import.meta.url));
const BROWSER_PACKAGE = fileURLToPath(new URL('.', import.meta.resolve('@verified-mobile/browser')));
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; " +
  "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

export const app: Express = express();
app.use((_req, res, next) => {
  res.set('content-security-policy', POLICY);
  next();
});
app.use(express.static(PUBLIC));
app.use('/verified-mobile', express.static(BROWSER_PACKAGE));
app.use(express.json());

// A log-in stub: your own takes its place.
const cspId = setting('OTP_CSP_ID');
const sessions = new Map<unknown, Customer & { cspId: string }>();
app.post('/login', (req, res) => {
  const { name } = Object(req.body) as { name?: unknown };
  const customer = customers.get(name);
  if (!customer) return void res.sendStatus(401);
  const session = randomUUID();
  sessions.set(session, { ...customer, cspId });
  const secure = process.env['NODE_ENV'] === 'production';
  res.cookie('session', session, { httpOnly: true, sameSite: 'strict', secure }).sendStatus(204);
});
const customerOf = (req: Request) => sessions.get(/(?:^|; )session=([^;]+)/.exec(req.get('cookie') ?? '')?.[1]);

const client = createOtpClient({
  baseUrl: setting('OTP_BASE_URL'),
  developerKey: setting('OTP_DEVELOPER_KEY'),
  accessKey: setting('OTP_ACCESS_KEY'),
  initiatorId: setting('OTP_INITIATOR_ID'),
});

/** What a payout is about. The SMS and the guard ask this one function, so they cannot differ. */
function transactionOf(payout: unknown): Transaction | undefined {
  const { amount, payee } = Object(payout) as Transaction;
  const isPayout = Number.isInteger(amount) && amount > 0 && amount <= 100_000 && payees.includes(payee);
  return isPayout ? { amount, payee } : undefined;
}

const otp = otpHandler({
  client,
  customer: (_request, req: Request) => customerOf(req),
  transaction: (_request, payout) => transactionOf(payout),
});
const guard = requireVerifiedMobile({
  expectMobile: (req) => customerOf(req)?.mobile,
  transaction: (req) => transactionOf(req.body),
  idempotencyKey: (req) => req.get('idempotency-key'),
});

app.use(otpMiddleware(otp)); // POST /otp and POST /otp/verify
app.post('/payouts', guard, (req, res) => {
  const { proofId, retry } = getVerifiedMobile(req);
  const key = req.get('idempotency-key') || proofId;
  const customerId = customerOf(req)!.id;
  const payout = payOnce({ proofId, key, customerId, transaction: transactionOf(req.body)! }, retry);
  if (payout) res.status(201).json(payout.transaction);
  else res.status(409).json({ detail: 'This was requested before: nothing is paid now.' });
});

app.get('/payouts', (req, res) => {
  const customer = customerOf(req);
  if (!customer) return void res.sendStatus(401);
  res.json(payouts.filter(({ customerId }) => customerId === customer.id).map(({ transaction }) => transaction));
});

const answerFault: ErrorRequestHandler = (error: { status?: number }, _req, res, _next) => {
  const { status = 500 } = error;
  if (status >= 500) console.error(error);
  res.status(status).json({ status, detail: status < 500 ? 'The body cannot be read.' : 'Internal error.' });
};
app.use(answerFault);

await guard.ready();

function setting(name: string): string {
  const value = process.env[name];
  if (value) return value;
  throw new Error(`${name} is not set. Set it to what your account with the issuer says.`);
}
