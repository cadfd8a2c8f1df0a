/**
 * For authors of replay stores: the contract, and what every store would otherwise write again. The guide
 * `guides/replay-store.md` says what the suite of `@verified-mobile/core/testing` cannot see. And `consumeInTime`, for
 * whatever else than a guard must happen once: it asks a store as a guard does.
 *
 * @example
 * ```ts
 * import { type ReplayStore, resolveSettings, unavailable, untilReady } from '@verified-mobile/core/store';
 * ```
 */
export { misconfigured, unavailable, VerifiedMobileError } from './lib/errors.ts';
export {
  refuseUnknownNames,
  requireFunction,
  requireWholeNumber,
  resolveSettings,
  type WholeNumberRange,
} from './lib/settings.ts';
export { consumeInTime } from './replay/consume.ts';
export type { ConsumeResult, ReplayStore, TokenUse } from './replay/replay-store.ts';
export { type StoreState, untilReady, type UntilReadyOptions } from './replay/until-ready.ts';
