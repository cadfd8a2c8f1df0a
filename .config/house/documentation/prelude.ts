/** What fragments of the documentation may take for granted: the reader's own application. A block's own names come first. */
export const PRELUDE = `
import type { Proof, ReplayStore } from '@verified-mobile/core';
import type { Express, Request as ExpressRequest, RequestHandler } from 'express';
import type { Pool, PoolClient } from 'pg';

interface Customer { readonly id: string; readonly mobile: string }

declare global {
  // Who is logged in, and what a payout is about.
  const customerOf: (request: unknown) => Customer | undefined;
  const sessionOf: (request: Request) => Promise<Customer | undefined>;
  const transactionOf: (payout: unknown) => { amount: number; payee: string } | undefined;
  const pay: (proof: Proof) => Promise<object>;
  const payWithOrWithout: (proof: Proof | undefined) => Promise<object>;

  // An Express application, and what stands in it.
  const app: Express;
  const authenticate: RequestHandler;
  const limitByAddress: RequestHandler;
  const validatePayout: RequestHandler;
  const payOut: RequestHandler;
  const expectMobile: (req: ExpressRequest) => string | undefined;
  const transaction: (req: ExpressRequest) => object;
  const idempotencyKey: (req: ExpressRequest) => string | undefined;

  // Accounts, databases, stores.
  const developerKey: string;
  const accessKey: string;
  const initiatorId: string;
  const replayStore: ReplayStore;
  const pool: Pool;
  const inTransaction: (pool: Pool, work: (tx: PoolClient) => Promise<void>) => Promise<void>;
  const connect: () => Promise<object>;
  const exampleReplayStore: (database: object) => ReplayStore;

  // A page.
  const url: string;
  const headers: Record<string, string>;
  const body: string;
  const verifyMobileAndTryAgain: () => void;
  const signInAgain: () => void;
}
`;
