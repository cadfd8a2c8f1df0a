import { setTimeout as pause } from 'node:timers/promises';

/** Told once for each part that is waited for. */
export type Away = (what: string, cause: string) => void;

const RETRY_MS = 500;
/** A host that cannot be reached, and a PostgreSQL that starts, stops or has no place (SQLSTATE class 57P and 53300). */
const AWAY =
  /^(?:ECONNREFUSED|ECONNRESET|EPIPE|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|57P0[123]|53300)$|timeout|terminated/i;

/** Opens a part whose server may be away, again and again until it is there. What else fails is an error. */
export async function untilThere<Part>(open: () => Promise<Part>, what: string, onAway: Away): Promise<Part> {
  for (;;) {
    try {
      return await open();
    } catch (error) {
      const cause = causeOf(error);
      if (!AWAY.test(cause)) throw error;
      onAway(what, cause);
      await pause(RETRY_MS);
    }
  }
}

/** What is behind an error, in a word: the code of its last cause, or else its message. */
export function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  if (error.cause !== undefined) return causeOf(error.cause);
  // Both addresses of a name were tried.
  if (error instanceof AggregateError && error.errors.length > 0) return causeOf(error.errors[0]);
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message || error.name;
}
