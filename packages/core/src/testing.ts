/**
 * For tests: an issuer with a throw-away key, a replay store apart from the process's, and the suites that every
 * adapter and store must pass.
 *
 * @example
 * ```ts
 * const issuer = createTestIssuer();
 * app.use(requireVerifiedMobile({ issuers: issuer.trusted, replayStore: isolatedMemoryReplayStore() }));
 * await request(app).post('/payouts').set('otp-verification-token', issuer.mint()).expect(201);
 * ```
 */
export { describeGuardAdapter } from './testing/describe-guard-adapter.ts';
export type {
  AdapterUnderTest,
  TestAnswer,
  TestRequest,
  TestRunner,
  TestService,
} from './testing/adapter-under-test.ts';
export { describeReplayStore, type ReplayStoreUnderTest } from './testing/describe-replay-store.ts';
export { isolatedMemoryReplayStore, type IsolatedMemoryReplayStoreOptions } from './testing/isolated-store.ts';
export {
  createTestIssuer,
  type MintableRefusal,
  type TestAlgorithm,
  type TestIssuer,
  type TestIssuerOptions,
} from './testing/test-issuer.ts';
