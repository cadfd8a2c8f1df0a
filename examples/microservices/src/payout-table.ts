import { randomUUID } from 'node:crypto';
import pg from 'pg';

export interface Payout {
  readonly payoutId: string;
  readonly proofId: string;
  readonly details: unknown;
}

/** The payouts: one for each proof, however often the guard lets it through. */
export interface PayoutTable {
  /** Pays, or returns the payout that the proof has paid before. `undefined`: a repeated request without a record. */
  readonly pay: (proofId: string, details: unknown, retry: boolean) => Promise<Payout | undefined>;
  readonly close: () => Promise<void>;
}

/**
 * The table of this process alone, gone when it ends: good for trying out. What it does not know of a repeated request
 * it does not pay: the first attempt may have paid before a restart.
 */
export function memoryPayoutTable(): PayoutTable {
  const payouts = new Map<string, Payout>();
  return {
    pay: async (proofId, details, retry) => {
      const paid = payouts.get(proofId);
      if (paid !== undefined || retry) return Promise.resolve(paid);
      const payout = { payoutId: randomUUID(), proofId, details };
      payouts.set(proofId, payout);
      return payout;
    },
    close: async () => Promise.resolve(),
  };
}

const SCHEMA = `SELECT pg_advisory_xact_lock(20260522);
CREATE TABLE IF NOT EXISTS payouts (
  payout_id uuid PRIMARY KEY,
  proof_id text NOT NULL UNIQUE,
  details jsonb NOT NULL
)`;

/** The table of all services, in PostgreSQL. The unique proof id has the last word. */
export async function postgresPayoutTable(databaseUrl: string): Promise<PayoutTable> {
  const pool = new pg.Pool({ connectionString: databaseUrl, connectionTimeoutMillis: 5_000 });
  // A connection that breaks while idle is replaced; without a listener it would end the process.
  pool.on('error', () => undefined);
  await pool.query(SCHEMA).catch(async (cause: unknown) => {
    await pool.end();
    throw new Error('PostgreSQL cannot be used. Check DATABASE_URL.', { cause });
  });
  return {
    pay: async (proofId, details, retry) => {
      // A retry without a row was paid elsewhere, or is being paid at this moment: paying it here would be the second time.
      if (!retry) {
        await pool.query('INSERT INTO payouts VALUES ($1, $2, $3) ON CONFLICT (proof_id) DO NOTHING', [
          randomUUID(),
          proofId,
          JSON.stringify(details),
        ]);
      }
      const columns = 'payout_id AS "payoutId", proof_id AS "proofId", details';
      const { rows } = await pool.query<Payout>(`SELECT ${columns} FROM payouts WHERE proof_id = $1`, [proofId]);
      return rows[0];
    },
    close: async () => pool.end(),
  };
}
