import { VerifiedMobileError } from '../errors.ts';
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
 * @throws {VerifiedMobileError} `unavailable`: the store threw, was late, or answered with something that is no outcome
 */
export async function consumeInTime(store: ReplayStore, use: TokenUse, timeoutMs: number): Promise<ConsumeResult> {
  const abort = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`no answer within ${timeoutMs} ms`));
      abort.abort();
    }, timeoutMs);
  });
  try {
    const result = await Promise.race([store.consume(use, { signal: abort.signal }), late]);
    if (!OUTCOMES.includes(result?.outcome)) throw new Error('the answer is no outcome');
    return result;
  } catch (cause) {
    throw new VerifiedMobileError('unavailable', 'The replay store cannot say whether a token was used.', { cause });
  } finally {
    clearTimeout(timer);
  }
}
