import assert from 'node:assert/strict';
import { once } from 'node:events';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { transactionHash } from '@verified-mobile/core';
import { createTestIssuer } from '@verified-mobile/core/testing';
import { startApp } from './next-app.ts';

const PORT = process.env['PORT'] ?? '4010';
const TRANSFER = { amount: 2500, payee: 'Asha Traders' };
const issuer = createTestIssuer({ algorithm: 'HS256' });
const SETTINGS = {
  PORT,
  VERIFIED_MOBILE_ISSUER: issuer.issuer,
  VERIFIED_MOBILE_AUDIENCE: issuer.audience,
  VERIFIED_MOBILE_SECRET: Buffer.from(issuer.jwk.k!, 'base64url').toString('base64'),
};

/** A second route that takes any proof: Next bundles it with copies of its own of all that it imports. */
export async function addRoute(folder: string): Promise<void> {
  await cp(join(folder, 'app', 'payouts'), join(folder, 'app', 'loans'), { recursive: true });
}

/** What the route handlers do in a real Next.js, and how it starts with wrong settings. Throws at the first difference. */
export async function walk(folder: string): Promise<void> {
  for (const wrong of [{ VERIFIED_MOBILE_ISSUER: '' }, { VERCEL: '1' }]) {
    const [code] = (await once(startApp(folder, { ...SETTINGS, ...wrong }), 'exit')) as [number | null];
    say(`does not start with ${JSON.stringify(wrong)}`, code, 1);
  }
  const server = startApp(folder, SETTINGS);
  try {
    const refused = await untilAnswered(async () => post('/payouts'));
    say('without a token', refused.code, 'otp_token_missing');
    say('is answered as by every adapter', refused.type, 'application/problem+json');
    const token = issuer.mint();
    say('a payout', (await post('/payouts', token)).status, 201);
    say('again', (await post('/payouts', token)).code, 'otp_token_used');
    say('on a route that Next bundles apart', (await post('/loans', token)).code, 'otp_token_used');
    const approved = (): string => issuer.mint({ claims: { transaction_data_hashes: [transactionHash(TRANSFER)] } });
    say('a transfer', (await post('/transfers', approved(), TRANSFER)).status, 201);
    const more = await post('/transfers', approved(), { ...TRANSFER, amount: 9999 });
    say('another amount than approved', more.code, 'transaction_mismatch');
  } finally {
    server.kill();
  }
}

interface Answer {
  readonly status: number;
  readonly code?: string;
  readonly type: string | null;
}

async function post(path: string, token?: string, body: object = TRANSFER): Promise<Answer> {
  const proof = token === undefined ? {} : { 'otp-verification-token': token };
  const headers = { 'content-type': 'application/json', cookie: 'session=asha', ...proof };
  const init = { method: 'POST', headers, body: JSON.stringify(body), signal: AbortSignal.timeout(60_000) };
  const response = await fetch(`http://localhost:${PORT}${path}`, init);
  const { code } = (await response.json()) as { code?: string };
  return { status: response.status, type: response.headers.get('content-type'), ...(code !== undefined && { code }) };
}

async function untilAnswered(ask: () => Promise<Answer>): Promise<Answer> {
  const deadline = Date.now() + 60_000;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await setTimeout(250);
    }
  }
}

function say(step: string, seen: unknown, expected: unknown): void {
  assert.deepEqual(seen, expected, `${step}: ${String(seen)} instead of ${String(expected)}`);
  console.log(`${step}: ${String(seen)}`);
}
