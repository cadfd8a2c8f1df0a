/** The issuer to develop against: fixed credentials, an inbox instead of SMS, a clock to move, nothing kept. */
import type { Issuer } from './create-issuer.ts';
import { createLife, type SandboxGuardOptions } from './sandbox/life.ts';
import { resolveSandboxOptions, type SandboxOptions } from './sandbox/options.ts';
import { isSandboxPath } from './sandbox/paths.ts';
import { sandboxRoutes } from './sandbox/routes.ts';

export { SANDBOX_CREDENTIALS, type SandboxCredentials } from './sandbox/credentials.ts';
export type { InboxMessage } from './sandbox/inbox.ts';
export type { SandboxGuardOptions } from './sandbox/life.ts';
export type { SandboxOptions } from './sandbox/options.ts';

export interface Sandbox extends Issuer {
  /**
   * For the guards of this process: they go by the sandbox's clock, share used tokens with its Consume Token, and their
   * decisions are among its events. A guard without them refuses the tokens of a sandbox whose clock was moved.
   */
  readonly guardOptions: SandboxGuardOptions;
  /** Ends the streams of events. A server waits for them when it closes: close the sandbox first. */
  readonly close: Issuer['close'];
}

/**
 * An issuer that needs no account and sends no SMS. Beside the issuer's own URLs it answers `GET /`, a page with
 * commands to try it by hand, and below `/sandbox/`: `messages`, the SMS it would have sent, `events`, `clock` and
 * `reset`. Whoever reaches it reads the codes and moves the clock: let it listen on a loopback address. Key, pepper and
 * storage are new in each sandbox: no token and no code outlives it. The rules are the real ones, but for the number of
 * sends: 30 seconds between two sends to one mobile, then as many as you like.
 *
 * @throws {IssuerError} `invalid_configuration`, naming the option and the remedy
 *
 * @example
 * ```ts
 * const sandbox = createSandbox({ publicUrl: 'http://localhost:4000' });
 * await serve(sandbox.fetch, { port: 4000, hostname: '127.0.0.1' });
 * app.use('/payouts', requireVerifiedMobile(sandbox.guardOptions));
 * ```
 */
export function createSandbox(options: SandboxOptions): Sandbox {
  const settings = resolveSandboxOptions(options);
  const life = createLife(settings);
  const app = sandboxRoutes(settings, life);
  const { drain, close, guardOptions } = life;
  const issuer = (): Issuer => life.world().issuer;
  return {
    fetch: async (request, connection = {}) => app.fetch(request, connection),
    owns: (path) => isSandboxPath(path) || issuer().owns(path),
    reload: (changes) => issuer().reload(changes),
    release: async (accountId, mobile) => issuer().release(accountId, mobile),
    ready: async () => issuer().ready(),
    drain,
    close,
    guardOptions,
  };
}
