import type { KeyObject } from 'node:crypto';
import type { RequestListener } from 'node:http';
import type { TestAlgorithm } from '@verified-mobile/core/testing';
import { requireVerifiedMobile } from '@verified-mobile/express';
import express, { type RequestHandler } from 'express';
import { expressjwt } from 'express-jwt';
import { auth } from 'express-oauth2-jwt-bearer';
import { BARE, OURS } from './contenders.ts';
import { commonCheck, type Check, guardOptions, oneTime } from './checks.ts';
import { AUDIENCE, ISSUER, keyObject, type PublishedKey } from './keys.ts';

export async function expressApp(name: string, jwk: PublishedKey, algorithm: TestAlgorithm): Promise<RequestListener> {
  const app = express();
  const handlers = await handlersFor(name, jwk, algorithm);
  app.post('/payouts', ...handlers, (_req, res) => void res.status(201).json({ paid: true }));
  return app;
}

async function handlersFor(name: string, jwk: PublishedKey, algorithm: TestAlgorithm): Promise<RequestHandler[]> {
  const common = await commonCheck(name, jwk, algorithm);
  if (common !== undefined) return [checking(common)];
  if (name === BARE) return [];
  if (name === OURS) return [requireVerifiedMobile(guardOptions(jwk, algorithm))];
  return name === 'express-jwt' ? [expressJwt(keyObject(jwk), algorithm)] : oauth2Bearer(algorithm);
}

function checking(passes: Check): RequestHandler {
  return async (req, res, next) => {
    try {
      const passed = await passes(String(req.headers['otp-verification-token']));
      if (passed) next();
      else res.status(401).end();
    } catch {
      res.status(401).end();
    }
  };
}

function expressJwt(secret: KeyObject, algorithm: TestAlgorithm): RequestHandler {
  const isFirstUse = oneTime();
  return expressjwt({
    secret: algorithm === 'HS256' ? secret.export() : secret.export({ type: 'spki', format: 'pem' }),
    algorithms: [algorithm as 'RS256'],
    issuer: ISSUER,
    audience: AUDIENCE,
    getToken: (req) => String(req.headers['otp-verification-token']),
    isRevoked: (_req, token) => !isFirstUse((token?.payload as { jti?: unknown } | undefined)?.jti),
  });
}

function oauth2Bearer(algorithm: TestAlgorithm): RequestHandler[] {
  const isFirstUse = oneTime();
  const jwksUri = process.env['JWKS_URL'] ?? '';
  const check = auth({ issuer: ISSUER, audience: AUDIENCE, tokenSigningAlg: algorithm, jwksUri });
  const once: RequestHandler = (req, res, next) => {
    if (isFirstUse(req.auth?.payload.jti)) next();
    else res.status(401).end();
  };
  return [check, once];
}
