/**
 * For authors of stores: the suites that every `OtpStore` and every `Outbox` passes.
 *
 * @example
 * ```ts
 * import { describe, it } from 'vitest'; // or Jest, Mocha, node:test
 *
 * describeOtpStore({ describe, it }, {
 *   name: 'MySQL',
 *   createStores: async (nodes) => Promise.all(Array.from({ length: nodes }, async () => mysqlOtpStore(await connect()))),
 * });
 * ```
 */
export { describeOtpStore, type OtpStoreUnderTest } from './testing/describe-otp-store.ts';
export { describeOutbox, type OutboxUnderTest } from './testing/outbox/describe-outbox.ts';
