import { type Challenge, SAME_ANSWER_MS } from '../../domain/challenge.ts';
import type { AttemptRefusal } from '../../domain/otp-store.ts';

/** A challenge, and what was done with it. */
export interface Code {
  readonly challenge: Challenge;
  /** In which it was asked for; empty without a name. */
  readonly session: string;
  readonly attempts: number;
  /** When it was consumed; 0 while it is not. */
  readonly answeredAt: number;
}

/** The codes of one subject. */
export interface Codes {
  readonly live: Code | undefined;
  /** Those whose SMS is being handed over, oldest first. All were reserved after the live one. */
  readonly pending: readonly Code[];
}

export function newestFirst({ live, pending }: Codes): Code[] {
  return [...pending.toReversed(), ...(live === undefined ? [] : [live])];
}

/** With that code as the live one: the one before, and those that were pending longer, are gone. */
export function withLive(codes: Codes, id: string): (Codes & { readonly live: Code }) | undefined {
  const { live, pending } = codes;
  if (live?.challenge.id === id) return { live, pending };
  const index = pending.findIndex(({ challenge }) => challenge.id === id);
  const found = pending[index];
  return found && { live: found, pending: pending.slice(index + 1) };
}

/** Why it cannot be compared with. */
export function refusalOfCode(code: Code, session: string, now: number): AttemptRefusal | undefined {
  const { challenge, attempts, answeredAt } = code;
  if (code.session !== session) return 'other-session';
  if (answeredAt > 0 && !isAnswering(code, now)) return 'used';
  if (answeredAt === 0 && now >= challenge.expiresAt) return 'expired';
  return attempts >= challenge.attemptsAllowed ? 'attempts-used' : undefined;
}

/** Whether a consumed challenge still returns its answer to the same right code. */
export function isAnswering({ answeredAt }: Code, now: number): boolean {
  return now < answeredAt + SAME_ANSWER_MS;
}

export function packCode({ challenge, session, attempts, answeredAt }: Code): string[] {
  const { id, codeMac, clientRefId, transactionHash, attemptsAllowed, expiresAt } = challenge;
  const numbers = [attemptsAllowed, expiresAt, attempts || '', answeredAt || ''].map(String);
  return [id, codeMac, clientRefId, transactionHash, session, ...numbers];
}

export function unpackCode(fields: readonly string[]): Code {
  const [id = '', codeMac = '', clientRefId = '', transactionHash = '', session = '', ...counts] = fields;
  const [attemptsAllowed, expiresAt, attempts, answeredAt] = counts.map(Number);
  const numbers = { attemptsAllowed: attemptsAllowed ?? 0, expiresAt: expiresAt ?? 0 };
  const challenge = { id, codeMac, clientRefId, transactionHash, ...numbers };
  return { challenge, session, attempts: attempts ?? 0, answeredAt: answeredAt ?? 0 };
}
