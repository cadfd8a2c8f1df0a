import { unavailable } from '../lib/errors.ts';
import { Deadline } from '../lib/deadline.ts';
import type { ConsumeResult, ReplayStore, TokenUse } from './replay-store.ts';

const OUTCOMES: readonly unknown[] = [
  'first-use',
  'same-operation',
  'used',
  'fenced',
] satisfies ConsumeResult['outcome'][];

/**
 * Asks the store, and takes no answer for an answer only within the deadline.
 *
 * @param use its id must be a digest over what no other kind of id is made of, or the two would use each other up
 * @param timeoutMs how long the store may take. Milliseconds
 * @throws {VerifiedMobileError} `unavailable`: the store threw, was late, or answered with something that is no outcome
 */
export async function consumeInTime(store: ReplayStore, use: TokenUse, timeoutMs: number): Promise<ConsumeResult> {
  try {
    const result = store.consumeNow?.(use) ?? (await consumeBefore(new Deadline(), store, use, timeoutMs));
    if (!OUTCOMES.includes(result?.outcome)) throw new Error('the answer is no outcome');
    return result;
  } catch (cause) {
    throw unavailable('The replay store cannot say whether a token was used.', { cause });
  }
}

async function consumeBefore(
  deadline: Deadline,
  store: ReplayStore,
  use: TokenUse,
  timeoutMs: number,
): Promise<ConsumeResult> {
  return deadline.race(async () => store.consume(use, deadline), timeoutMs);
}
