import type { GuardOptions } from '../guard/options.ts';
import type { Proof } from '../guard/proof.ts';

/** The test runner's own functions: Vitest, Jest, Mocha and `node:test` all have them. */
export interface TestRunner {
  readonly describe: (name: string, body: () => void) => unknown;
  readonly it: (name: string, body: () => Promise<void>) => unknown;
}

export interface TestRequest {
  readonly method: string;
  readonly path: string;
  /** A list is sent as so many lines. */
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  /** Sent as JSON. */
  readonly body?: unknown;
}

export interface TestAnswer {
  readonly status: number;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** As it was received. */
  readonly body: string;
}

/** Sends one request to the service under test. */
export type TestService = (request: TestRequest) => Promise<TestAnswer>;

/** What the suite needs to know of an adapter. */
export interface AdapterUnderTest<Request> {
  readonly name: string;
  /**
   * A service in the adapter's framework that
   * - parses JSON bodies,
   * - guards every method of `/payouts` with `requireVerifiedMobile(options)`,
   * - answers `POST /payouts` and `POST /unguarded` with 201 and, as JSON, what `handle` returns for
   *   `getVerifiedMobile`,
   * - answers `GET /payouts` with 200 and `OPTIONS` of it with 204,
   * - answers 500 to every error that reaches the framework's own error handling.
   */
  createService(options: GuardOptions<Request>, handle: (getProof: () => Proof) => unknown): TestService;
  /** A header of the framework's request, as an application reads it. */
  headerOf(request: Request, name: string): string | undefined;
}
